"""The operators' pages of billing, a line a package."""

from billing.ledger import admin as ledger

__all__ = ["ledger"]

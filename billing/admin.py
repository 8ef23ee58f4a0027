"""The operators' pages of billing, a line a package."""

from billing.cards import admin as cards
from billing.ledger import admin as ledger
from billing.wallets import admin as wallets

__all__ = ["cards", "ledger", "wallets"]

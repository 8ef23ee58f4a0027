"""The operators' pages of billing, a line a package."""

from billing.cards import admin as cards
from billing.carriers import admin as carriers
from billing.ledger import admin as ledger
from billing.wallets import admin as wallets

__all__ = ["cards", "carriers", "ledger", "wallets"]

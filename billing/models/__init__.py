"""Everything the billing app stores."""

from billing.models.card import MOST_CARDS, Card, CardBatch, CardRelease
from billing.models.distribution import Distribution
from billing.models.ledger import CONSUMED_BY, Entry, House, Transaction
from billing.models.wallet import Funding, PaymentPolicy, Wallet

__all__ = [
    "CONSUMED_BY",
    "MOST_CARDS",
    "Card",
    "CardBatch",
    "CardRelease",
    "Distribution",
    "Entry",
    "Funding",
    "House",
    "PaymentPolicy",
    "Transaction",
    "Wallet",
]

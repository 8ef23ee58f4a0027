"""Everything the billing app stores."""

from billing.models.card import MOST_CARDS, Card, CardBatch, PinsTaken
from billing.models.distribution import FORMER_TRANSFER, Distribution
from billing.models.ledger import CONSUMED_BY, Entry, House, Transaction
from billing.models.wallet import Funding, Handing, PaymentPolicy, Wallet

__all__ = [
    "CONSUMED_BY",
    "FORMER_TRANSFER",
    "MOST_CARDS",
    "Card",
    "CardBatch",
    "Distribution",
    "Entry",
    "Funding",
    "Handing",
    "House",
    "PaymentPolicy",
    "PinsTaken",
    "Transaction",
    "Wallet",
]

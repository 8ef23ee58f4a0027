"""Everything the billing app stores."""

from billing.cards.models import MOST_CARDS, Card, CardBatch, PinsTaken
from billing.distributions.models import FORMER_TRANSFER, Distribution
from billing.ledger.models import CONSUMED_BY, Entry, House, Transaction
from billing.wallets.models import Funding, Handing, PaymentPolicy, Wallet

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

"""Everything the billing app stores."""

from billing.models.distribution import Distribution
from billing.models.ledger import CONSUMED_BY, Entry, House, Transaction
from billing.models.wallet import Funding, PaymentPolicy, Wallet

__all__ = [
    "CONSUMED_BY",
    "Distribution",
    "Entry",
    "Funding",
    "House",
    "PaymentPolicy",
    "Transaction",
    "Wallet",
]

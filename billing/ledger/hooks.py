"""What the ledger keeps in the database: no row of it is ever changed."""

from accounts.core.guards import guarded
from billing.ledger.models import Entry, Transaction
from billing.ledger.services.posting import TRANSACTION_KEYS


def register() -> None:
    """Name the guarded tables; called once when the app is ready."""
    guarded.update({Transaction: TRANSACTION_KEYS, Entry: ()})

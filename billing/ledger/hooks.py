"""What the ledger keeps in the database: no row of it is ever changed; and how that is checked."""

from django.utils.translation import gettext_lazy as _

from accounts.core.guards import guarded
from accounts.portal.registry import Additions, registry
from accounts.portal.steps import DataCheck
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.integrity import ledger_found
from billing.ledger.services.posting import TRANSACTION_KEYS


def register() -> None:
    """Name the guarded tables and fill the registry; called once when the app is ready."""
    guarded.update({Transaction: TRANSACTION_KEYS, Entry: ()})
    registry.add(
        "ledger",
        Additions(data_checks=[DataCheck("ledger", _("Ledger"), ledger_found, order=50)]),
    )

"""What billing adds to accounts, through the one upward hook (`accounts.extensions`)."""

from accounts.extensions import registry
from accounts.guards import guarded
from billing.actions import OWN_TOP_UPS, PAYMENT, POLICY, TOP_UP
from billing.models import Entry, Transaction
from billing.services.wallets import close_blockers, delete_blockers, wallets_create


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    guarded.extend([Transaction, Entry])
    registry.on_create.append(wallets_create)
    registry.delete_blockers.append(delete_blockers)
    registry.close_blockers.append(close_blockers)
    registry.row_actions += [PAYMENT, TOP_UP, POLICY]
    registry.dashboard_cards.append(OWN_TOP_UPS)

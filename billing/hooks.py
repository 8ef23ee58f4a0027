"""What billing adds to accounts, through the one upward hook (`accounts.extensions`)."""

from accounts.extensions import registry
from billing.services.wallets import close_blockers, delete_blockers, wallets_create


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.on_create.append(wallets_create)
    registry.delete_blockers.append(delete_blockers)
    registry.close_blockers.append(close_blockers)

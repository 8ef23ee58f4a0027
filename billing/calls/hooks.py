"""What calls keep in the database: what became a leg is never changed."""

from accounts.core.guards import guarded
from billing.calls.models import Leg


def register() -> None:
    """Name the guarded table; called once when the app is ready."""
    guarded.update({Leg: ()})

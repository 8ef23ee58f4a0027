"""What customers see of themselves, and how agents come by new ones."""

from accounts.customers.dashboard import CONTACT, NEW_CUSTOMER, OWN_PHONES
from accounts.portal.registry import Additions, numbered, registry


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "customers",
        Additions(
            own_cards=[OWN_PHONES, CONTACT],
            dashboard_cards=numbered(12, [NEW_CUSTOMER]),
        ),
    )

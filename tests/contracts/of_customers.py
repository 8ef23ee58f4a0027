"""New customers with their first phone (docs/domain.md 1 and 8): authorization 1, 2 for a phone."""

from accounts.customers.services import customer_create
from tests.contracts.contract import OWN_AND_BELOW, Contract, needs

_CREATE = "accounts.customers.services.customer_create"

CONTRACTS = [
    Contract(
        service=_CREATE,
        needs=needs("manage_account"),
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: customer_create(
            actor=actor, agent=on.target, account_id="New-One", name="New one"
        ),
    ),
    Contract(
        service=_CREATE,
        case="with a phone",
        needs=needs("manage_account", "manage_phone"),
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: customer_create(
            actor=actor,
            agent=on.target,
            account_id="New-One",
            name="New one",
            number="8801755500001",
        ),
        entries=2,
        why="the account, and its phone",
    ),
]

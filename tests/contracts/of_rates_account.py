"""The rate group of an account (docs/domain.md 3, 7): 1 alone, on those below."""

from typing import Any
from uuid import uuid4

from billing.handing_out.services.rate_groups import rate_group_preview, rate_group_set_many
from billing.handing_out.services.terms import terms_set
from billing.wallets.models import RateGroup
from tests.contracts.contract import Contract, needs
from tests.contracts.ground import Ground
from tests.factories.rates import rate_group

_MANY = "billing.handing_out.services.rate_groups"
_ONE = {"needs": needs("manage_account")}


def shared(_on: Ground) -> RateGroup:
    """A group that everybody may give to those below."""
    return rate_group(name=uuid4().hex, is_shared=True)


_OF_GROUPS: dict[str, Any] = {**_ONE, "make": shared}

CONTRACTS = [
    Contract(
        service="billing.handing_out.services.terms.terms_set",
        case="the rate group",
        call=lambda actor, on, it: terms_set(actor=actor, account=on.target, rate_group=it),
        stale=lambda actor, on, it: terms_set(
            actor=actor, account=on.target, rate_group=it, expected_version=0
        ),
        **_OF_GROUPS,
    ),
    Contract(
        service=f"{_MANY}.rate_group_set_many",
        call=lambda actor, on, it: rate_group_set_many(actor=actor, accounts=[on.target], group=it),
        **_OF_GROUPS,
    ),
    Contract(
        service=f"{_MANY}.rate_group_preview",
        call=lambda actor, on, it: rate_group_preview(actor=actor, accounts=[on.target], group=it),
        entries=0,
        why="a preview",
        closed=None,
        own_stopped=None,
        **_OF_GROUPS,
    ),
]

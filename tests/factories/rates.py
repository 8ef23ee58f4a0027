"""Rate groups and rates, made by the services."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.services.groups import group_create
from billing.rates.services.rates import rate_add
from billing.wallets.models import RateGroup

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def rate_group(owner: Account | None = None, name: str = "Retail", **fields: Any) -> RateGroup:
    """A rate group of an agent, or of the platform; `is_shared`, `time_zone`, `memo`."""
    return group_create(actor=SYSTEM, owner=owner, name=name, **fields)


def rate(group: RateGroup, prefix: str, price: str | Decimal, **fields: Any) -> Rate:
    """A rate that has counted for long, unless `since` says otherwise."""
    fields.setdefault("since", LONG_AGO)
    return rate_add(actor=SYSTEM, group=group, draft=RateDraft(prefix, Decimal(price), **fields))

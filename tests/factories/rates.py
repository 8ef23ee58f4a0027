"""Rate groups and rates, made by the services."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.periods import Period, read_period
from billing.rates.services.groups import group_create
from billing.rates.services.loading import rates_load
from billing.rates.services.rates import rate_add
from billing.wallets.models import RateGroup
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Deck:
    """The groups of a chain: the platform's, that of the agent at the top, and that of the one
    below it.
    """

    gold: RateGroup
    retail: RateGroup
    standard: RateGroup


def deck_of(tree: ResellerTree) -> Deck:
    """With the prices of the reference pages: +880 1819-442207 for 5:37 is 0.144 at the customer,
    0.1083 at its agent, 0.087058 at the top.
    """
    gold = rate_group(name="Wholesale BD Gold")
    rate(gold, "88018", "0.0155", first_block=1, increment=1, destination="BD Mobile Robi")
    retail = rate_group(tree.top, name="BDW Retail A")
    rate(retail, "8801", "0.019", first_block=30, increment=6, destination="BD mobile")
    standard = rate_group(tree.agent, name="Dhaka Retail Std")
    rate(standard, "88018", "0.024", destination="Bangladesh mobile Robi")
    rate(standard, "8801", "0.025", destination="Bangladesh mobile")
    rate(standard, "880", "0.041", destination="Bangladesh")
    buys_at(tree.top, gold)
    buys_at(tree.agent, retail)
    buys_at(tree.customer, standard)
    return Deck(gold, retail, standard)


def rate_group(owner: Account | None = None, name: str = "Retail", **fields: Any) -> RateGroup:
    """A rate group of an agent, or of the platform; `is_shared`, `time_zone`, `memo`."""
    return group_create(actor=SYSTEM, owner=owner, name=name, **fields)


def rate(
    group: RateGroup,
    prefix: str,
    price: str | Decimal,
    *,
    period: Period | str | None = None,
    **fields: Any,
) -> Rate:
    """A rate that has counted for long, unless `since` says otherwise, whatever was charged since
    (decks are loaded so). A period may be written as "mon-fri 08:00-20:00".
    """
    period = read_period(period) if isinstance(period, str) else period
    rates_load(actor=SYSTEM, group=group, drafts=[_draft(prefix, price, period=period, **fields)])
    return Rate.objects.filter(group=group).latest("pk")


def rate_entered(group: RateGroup, prefix: str, price: str | Decimal, **fields: Any) -> Rate:
    """The same as somebody enters it: not where calls were charged since, or let through."""
    return rate_add(actor=SYSTEM, group=group, draft=_draft(prefix, price, **fields))


def _draft(prefix: str, price: str | Decimal, **fields: Any) -> RateDraft:
    return RateDraft(prefix, Decimal(price), **{"since": LONG_AGO, **fields})

"""Rates as the rules of rating know them, those of one number for whoever asks many times a second,
and those of whole groups: no row becomes an object of its model.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.kit.prepared import Prepared, padded
from billing.rates.models import Rate
from billing.rates.periods import Period
from billing.rates.pricing import Price
from billing.rates.rating import Rate as PlainRate
from billing.rates.rating import prefixes_of

# What `_plain` takes.
_COLUMNS = (
    "pk", "prefix", "price", "connection_fee", "first_block", "increment", "effective_from",
    "effective_until", "days", "period_begin", "period_end", "is_locked", "destination",
)  # fmt: skip
# Rows that are in memory at a time beside what is made of them.
_AT_ONCE = 5_000


def plain_rates_for(
    groups: Collection[int], number: str, at: datetime
) -> Mapping[int, list[PlainRate]]:
    """The rates of some groups whose prefix and dates fit a number at a moment, by the group's key,
    with those that follow later. One query, whatever the size of the groups.
    """
    found: dict[int, list[PlainRate]] = {pk: [] for pk in groups}
    prefixes = prefixes_of(number)
    if groups and prefixes:
        keys = padded(sorted(groups))
        for group, *columns in _OF_NUMBER.rows(len(keys), at, *keys, *padded(prefixes)):
            found[group].append(_plain(*columns))
    return found


def _of_number(groups: int, at: datetime, *values: Any) -> "QuerySet[Rate, Any]":
    """`values`: the keys of so many groups, then prefixes."""
    rates = Rate.objects.standing().filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=at),
        group__in=values[:groups],
        prefix__in=values[groups:],
    )
    # In no order: to give them by their keys SQLite would read all rates of the groups.
    found: QuerySet[Rate, Any] = rates.order_by().values_list("group", *_COLUMNS)
    return found


_OF_NUMBER = Prepared(_of_number)


def plain_rates_of(group: int) -> list[PlainRate]:
    """All rates of a group, by prefix and by when they began. One query."""
    rates = Rate.objects.standing().filter(group=group)
    rows = rates.order_by("prefix", "effective_from", "pk").values_list(*_COLUMNS)
    return [_plain(*row) for row in rows.iterator(chunk_size=_AT_ONCE)]


def _plain(
    pk: int, prefix: str, price: Any, fee: Any, first_block: int, increment: int, since: datetime,
    until: datetime | None, days: int, begin: int, end: int, is_locked: bool, destination: str,
) -> PlainRate:  # fmt: skip
    period = Period(days, begin, end) if days else None
    price = Price(price, fee, first_block, increment)
    return PlainRate(pk, prefix, price, since, until, period, is_locked, destination)

"""Lists of calls at size: the first, the middle and the last page of 30 days beside each other. The
legs and their charges are written as a charger would have left them.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.many import insert_many, keys_for
from accounts.kit.pagination import cursor_behind
from billing.calls.models import Leg
from billing.charging.models import Charge
from billing.charging.months import Month
from billing.charging.services.partitions import part_made
from vosportal.benchmarks.browsing import opening
from vosportal.benchmarks.measure import Line, medians

# What a middle and a last page may take of the first.
_MOST_RATIO = 1.5
_ROWS, _DAYS = 50, 28
_LEG = (
    "id", "source", "call_id", "leg", "session", "account_id", "root_id", "phone", "gateway",
    "caller", "callee", "number", "routing_gateway", "setup", "answer", "end", "duration", "cause",
    "was_locked", "charged_at", "raw",
)  # fmt: skip
_CHARGE = (
    "leg_id", "setup", "at", "account_id", "agent_id", "root_id", "level", "is_cost", "group_id",
    "rate_id", "prefix", "destination", "price", "connection_fee", "billed", "amount",
    "was_locked", "posted_at",
)  # fmt: skip

# (account, its agent or 0, its root), from the caller's own up to its root.
Way = Sequence[tuple[int, int, int]]


def fill(legs: int, ways: Sequence[Way]) -> None:
    """Write so many answered legs, spread over these callers and the last days."""
    now = timezone.now()
    begin, step = now - timedelta(days=_DAYS), timedelta(days=_DAYS) / legs
    if connection.vendor == "postgresql":
        for month in {Month.of(begin), Month.of(now)}:
            part_made(month)
    keys = keys_for(Leg, legs)
    insert_many(Leg, _LEG, (_leg(keys[at], at, ways, begin + step * at) for at in range(legs)))
    insert_many(
        Charge,
        _CHARGE,
        (row for at in range(legs) for row in _charges(keys[at], at, ways, begin + step * at)),
    )
    if connection.vendor == "postgresql":
        # What autovacuum does a minute after such a load.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _leg(key: int, at: int, ways: Sequence[Way], setup: Any) -> tuple[Any, ...]:
    account, _agent, root = ways[at % len(ways)][0]
    number, end = f"8801{at % 10**8:08}", setup + timedelta(seconds=60)
    return (
        key, "benchmark", f"call-{at}", "", "", account, root, "", "", "442071838750", number,
        number, "", setup, setup, end, 60, "16", False, end, "{}",
    )  # fmt: skip


def _charges(key: int, at: int, ways: Sequence[Way], setup: Any) -> Iterator[tuple[Any, ...]]:
    for level, (account, agent, root) in enumerate(ways[at % len(ways)]):
        yield (
            key, setup, setup, account, agent or None, root, level, False, 1, 1, "880",
            "Bangladesh", 10_000, 0, 60, 10_000, False, setup,
        )  # fmt: skip


def lines(people: Sequence[tuple[str, Client, QuerySet[Leg]]], rounds: int) -> Iterator[Line]:
    """The middle and the last page of what each of these people sees, beside the first."""
    for name, client, legs in people:
        count = legs.count()
        places = legs.order_by("-setup", "-pk").values_list("pk", "setup")
        first, middle, last = medians(
            [_opening(client, ""), *(_opening(client, _behind(places, at)) for at in _at(count))],
            rounds,
        )
        for page, found in (("middle", middle), ("last", last)):
            is_met = found <= _MOST_RATIO * first
            aim = f"(aim {_MOST_RATIO} of the first)"
            what = f"{'' if is_met else 'MISSED '}{page} page of {count:,} calls, {name} {aim}"
            yield Line(what, found, "first page", first)


def _at(count: int) -> tuple[int, int]:
    """Behind which row the middle and the last page begin."""
    return count // 2, max(count - _ROWS - 1, 0)


def _behind(places: Any, at: int) -> str:
    pk, setup = places[at]
    return cursor_behind(pk, setup.isoformat())


def _opening(client: Client, cursor: str) -> Callable[[], object]:
    place = {"cursor": cursor} if cursor else {}
    asked = {"period": "month", "show": "all", "size": _ROWS, **place}
    return opening(client, f"{reverse('billing:calls')}?{urlencode(asked)}")

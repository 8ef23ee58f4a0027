"""Who was named entries of others, and how many. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from accounts.core.actor import Actor
from accounts.core.availability import MOST_NAMED, released_until, today
from accounts.core.models import AvailabilityDay
from accounts.core.querysets import ChainLink, chains
from accounts.kit.prepared import Prepared

# From so many a day on administrators are told.
ALERT_FROM = 6
# What the dashboard shows, and how long the counts are kept.
DAYS = 7


@dataclass(frozen=True)
class Asking:
    """One account, one day: how many entries of others were named to it and below it."""

    account: ChainLink
    day: date
    named: int
    unnamed: int
    released_until: datetime | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether further ones are told as a number only."""
        return self.named >= MOST_NAMED and self.day == today() and self.released_until is None


def askings_today(account_pks: Sequence[int]) -> dict[int, Asking]:
    """What was named today to each of these accounts, by key. Three queries."""
    ways = chains(account_pks)
    rows = AvailabilityDay.objects.filter(account__in=list(ways), day=today())
    counts = {one.account_id: one for one in rows}
    released = released_until(ways)
    return {
        pk: Asking(
            way[-1],
            today(),
            counts[pk].named if pk in counts else 0,
            counts[pk].unnamed if pk in counts else 0,
            released.get(pk),
        )
        for pk, way in ways.items()
    }


def alerts(actor: Actor) -> list[Asking]:
    """Who was named ALERT_FROM or more within DAYS, for administrators, the newest first: one for
    each account and day. A level above is there only for what the alerts below it do not explain.
    Three queries.
    """
    if not actor.is_administrator:
        return []
    since = today() - timedelta(days=DAYS - 1)
    rows = _MANY.objects((), since)
    ways = chains(one.account_id for one in rows)
    released = released_until(ways)
    asking: list[Asking] = []
    for day in sorted({one.day for one in rows}, reverse=True):
        of_day = [one for one in rows if one.day == day and one.account_id in ways]
        asking += [
            Asking(
                ways[one.account_id][-1],
                day,
                one.named,
                one.unnamed,
                released.get(one.account_id),
            )
            for one in _unexplained(of_day, ways)
        ]
    return asking


def _many(_shape: Any, since: date) -> "QuerySet[AvailabilityDay]":
    return AvailabilityDay.objects.filter(day__gte=since, named__gte=ALERT_FROM)


_MANY = Prepared(_many)


def _unexplained(
    rows: Sequence[AvailabilityDay], ways: dict[int, tuple[ChainLink, ...]]
) -> list[AvailabilityDay]:
    """The deepest first; then those above them with something of their own to say."""
    shown: list[AvailabilityDay] = []
    # What the alerts below each level, which do not lie below one another, account for.
    explained: dict[int, int] = {}
    stopped: set[int] = set()
    for day in sorted(rows, key=lambda row: len(ways[row.account_id]), reverse=True):
        own = day.named - explained.get(day.account_id, 0)
        is_first_stop = day.named >= MOST_NAMED and day.account_id not in stopped
        if own < ALERT_FROM and not is_first_stop:
            continue
        shown.append(day)
        for link in ways[day.account_id][:-1]:
            explained[link.pk] = explained.get(link.pk, 0) + own
            if day.named >= MOST_NAMED:
                stopped.add(link.pk)
    return sorted(shown, key=lambda row: row.named, reverse=True)

"""Administrators look at who asks for much that others have, and release an account for a day
(docs/domain.md 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.availability import MOST_NAMED, released_until, today
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AvailabilityDay, AvailabilityRelease
from accounts.core.querysets import ChainLink, chains
from accounts.core.reach import refuse_closed
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, Refused

# From so many a day on administrators are told.
ALERT_FROM = 6
# What the dashboard shows, and how long the counts are kept.
DAYS = 7
KEPT = timedelta(days=30)
RELEASED_FOR = timedelta(days=1)


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


def availability_release(*, actor: Actor, account: Account, reason: str) -> datetime:
    """Let everything be named to the account, and to what lies below it, for 24 hours from now; the
    end is returned. Each entry is on record all the same. Accounts below that reached the bound by
    themselves stay at theirs. Administrators only, with a reason.

    Raises Refused, NotAllowed, NotInScope, Busy.
    """
    reason = reason.strip()[:500]
    if not reason:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")

    def work(accounts: dict[int, Account]) -> datetime:
        nonlocal actor, account
        actor = fresh(actor)
        account = accounts[account.pk]
        if not actor.is_administrator or actor.read_only:
            raise NotAllowed(_("Administrators decide this."), code="administrators_only")
        refuse_closed(account)
        was = released_until([account.pk]).get(account.pk)
        until = timezone.now() + RELEASED_FOR
        AvailabilityRelease.objects.update_or_create(account=account, defaults={"until": until})
        record(
            actor=actor,
            action="availability.release",
            account=account,
            before={"released_until": was},
            after={"released_until": until},
            reason=reason,
        )
        return until

    return in_locked_trees(work, touching=[account.pk])


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
    rows = list(AvailabilityDay.objects.filter(day__gte=since, named__gte=ALERT_FROM))
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


def purge_availability() -> int:
    """Delete counts that are older than KEPT; return how many."""
    old = AvailabilityDay.objects.filter(day__lt=today() - KEPT)
    _deleted, each = old.delete()
    return each.get(AvailabilityDay._meta.label, 0)

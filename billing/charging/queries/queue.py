"""The queue as somebody may see it: records of calls that wait, and why (docs/domain.md 7).

An agent sees those of accounts within its scope. What stands at a level above is one neutral word
for it, whatever it is; carriers, and records that name strangers or nobody, are for administrators.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, F, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Substr

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from billing.calls.models import CallRecord, Leg
from billing.calls.reasons import Reason
from billing.charging.models import DayTotal, QuarterTotal
from billing.wallets.models import Standing

# Stands for every reason at a level above the viewer's.
ABOVE = "above"
# One of these opens the queue.
OPENING = frozenset({Authorization.MANAGE_ACCOUNT, Authorization.PAY_SUB_ACCOUNT})
# These name accounts and carriers of others, or nobody.
_FOREIGN = (
    Reason.SEVERAL,
    Reason.NOBODY,
    Reason.NO_CARRIER,
    Reason.DIFFERS,
    Reason.OLD,
    Reason.FAULT,
)
# Records are counted no further on a dashboard, causes read no more for a page.
COUNTED = 10_000
_MOST_CAUSES = 2000
# So many digits tell a destination from another.
_BEGINS = 4


def may_see(actor: Actor) -> bool:
    """Whether there is a queue for somebody at all."""
    return actor.is_administrator or bool(OPENING & actor.effective)


def records_seen(actor: Actor) -> QuerySet[CallRecord]:
    """The records that wait and that somebody may see, each with `shown`, the reason as far as it
    may be known.
    """
    waiting: QuerySet[CallRecord] = CallRecord.objects.waiting()
    if actor.is_administrator:
        return waiting.annotate(shown=F("reason"))
    if not may_see(actor) or actor.scope.is_empty:
        return waiting.none().annotate(shown=F("reason"))
    is_known = Q(level__isnull=True) | in_scope(actor.scope, "level")
    own = in_scope(actor.scope, "account")
    return (
        waiting.filter(own, account__isnull=False, part=CallRecord.Part.CHAIN)
        .exclude(reason__in=_FOREIGN)
        .annotate(
            shown=Case(
                When(is_known, then=F("reason")),
                default=Value(ABOVE),
                output_field=CharField(),
            )
        )
    )


def records_written_off(actor: Actor) -> QuerySet[CallRecord]:
    """What left the queue without being charged; for administrators."""
    written: QuerySet[CallRecord] = CallRecord.objects.written_off()
    rows = written.annotate(shown=F("reason"))
    return rows if actor.is_administrator else rows.none()


@dataclass(frozen=True)
class Cause:
    """Records that wait for the same thing: a reason, the account at which (None: unknown, or not
    for the viewer to know), the beginning of the number, or what else is missing. `first`,
    `latest`: when the first and the last of the calls were.
    """

    reason: str
    is_cost: bool
    level: Account | None
    missing: str
    count: int
    oldest: datetime
    first: datetime | None
    latest: datetime | None


def causes(rows: QuerySet[CallRecord]) -> list[Cause]:
    """What records seen by somebody wait for, the most frequent first. Two queries."""
    found: Sequence[Mapping[str, Any]] = list(
        rows.order_by()
        .annotate(
            place=Case(When(shown=ABOVE, then=None), default=F("level")),
            missing=Case(
                When(shown=Reason.NO_RATE, then=Substr("detail", 1, _BEGINS)),
                When(shown__in=(Reason.NO_CARRIER, Reason.NOBODY), then=F("detail")),
                default=Value(""),
                output_field=CharField(),
            ),
        )
        .values("shown", "part", "place", "missing")
        .annotate(number=Count("pk"), oldest=Min("received_at"), first=Min("at"), latest=Max("at"))
        .order_by("-number", "shown", "place", "missing")[:_MOST_CAUSES]
    )
    levels = Account.objects.in_bulk({one["place"] for one in found if one["place"]})
    return [
        Cause(
            one["shown"],
            one["part"] == CallRecord.Part.COST,
            levels.get(one["place"]),
            one["missing"],
            one["number"],
            one["oldest"],
            one["first"],
            one["latest"],
        )
        for one in found
    ]


def groups_at(moments: Sequence[tuple[int, datetime]]) -> dict[tuple[int, datetime], int | None]:
    """The rate groups accounts bought at at a moment, by both. One query."""
    standings: dict[int, list[Standing]] = {}
    accounts = {account for account, _at in moments}
    for one in Standing.objects.filter(account__in=accounts).order_by("account", "since"):
        standings.setdefault(one.account_id, []).append(one)
    found = {}
    for account, at in moments:
        known = standings.get(account, [])
        before = [one for one in known if one.since <= at] or known[:1]
        found[account, at] = before[-1].rate_group_id if before else None
    return found


def waiting_to_count() -> QuerySet[CallRecord]:
    """The records that wait on the platform; no more than COUNTED of them, and one more for
    more.
    """
    waiting = CallRecord.objects.waiting().order_by().values("pk")
    return CallRecord.objects.filter(pk__in=waiting[: COUNTED + 1])


def open_records(account: Account) -> int:
    """How many records of an account are not charged yet."""
    states = (CallRecord.State.NEW, CallRecord.State.WAITING)
    return int(CallRecord.objects.filter(account=account, state__in=states).count())


def has_calls(account: Account) -> bool:
    """Whether anything is kept of calls that this account paid for, took, or waits for. Charges
    are found by their totals, which have an index that begins with the account.
    """
    named = Q(account=account) | Q(level=account)
    return (
        Leg.objects.filter(account_id=account.pk).exists()
        or QuarterTotal.objects.filter(account_id=account.pk).exists()
        or DayTotal.objects.filter(account_id=account.pk).exists()
        or CallRecord.objects.filter(named).exists()
    )

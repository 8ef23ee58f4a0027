"""Months of calls that lie in files: which, what they came to, and what stands against archiving
one more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Exists, Max, Min, OuterRef, Q

from billing.calls.models import ArchivedMonth, ArchivedSum, CallRecord, Leg, LegKey
from billing.charging.archive_files import Account
from billing.charging.models import Charge, Rerating, VolumeMark, VolumeRound
from billing.charging.months import Month
from billing.charging.queries.volumes import groups_discounted
from billing.charging.volumes import begin_of, month_of
from billing.money import from_micros, to_micros

# What the carrier of each leg is owed, and the leg's top-level account: keys of charges that were
# taken back cancel out.
COST_OF_LEGS = f"""
        SELECT CAST(SUM(CASE WHEN is_cost OR level > 0 THEN 0 WHEN reverses_id IS NULL THEN root_id
                ELSE -root_id END) AS bigint) AS root,
            SUM(CASE WHEN is_cost THEN amount ELSE 0 END) AS amount
        FROM {Charge._meta.db_table} {{where}} GROUP BY leg_id
        HAVING SUM(CASE WHEN is_cost THEN amount ELSE 0 END) <> 0"""  # noqa: S608 - our own names
# No call of a month is answered so long after its end.
_ANSWERED_LATER = timedelta(days=2)


def archived_within(begin: datetime, end: datetime) -> list[ArchivedMonth]:
    """The archived months that a time reaches into, the first one first."""
    months = ArchivedMonth.objects.filter(
        state=ArchivedMonth.State.ARCHIVED,
        month__gte=Month.of(begin).first,
        month__lt=end.date() + timedelta(days=1),
    )
    return [one for one in months.order_by("month") if Month(one.month).begin < end]


def archived_until() -> datetime | None:
    """When the last archived month ended: nothing is known any more of the records of that time."""
    archived = ArchivedMonth.objects.filter(state=ArchivedMonth.State.ARCHIVED)
    last = archived.aggregate(last=Max("month"))["last"]
    return Month(last).end if last else None


def first_month() -> Month | None:
    """The oldest month that has calls; None where there are none."""
    found = [
        Month.of(one)
        for one in (
            Leg.objects.aggregate(first=Min("setup"))["first"],
            LegKey.objects.aggregate(first=Min("month"))["first"],
        )
        if one is not None
    ]
    return min(found, key=lambda one: one.first, default=None)


def has_calls_in(month: Month) -> bool:
    """Whether anything of a month is here."""
    return (
        Leg.objects.filter(setup__gte=month.begin, setup__lt=month.end).exists()
        or LegKey.objects.filter(month=month.first).exists()
    )


def why_not_yet(month: Month) -> str:
    """What keeps a month from being archived, for whoever runs the portal; "" for nothing."""
    legs = Leg.objects.filter(pk=OuterRef("leg"), setup__gte=month.begin, setup__lt=month.end)
    open_ones = CallRecord.objects.filter(
        Exists(legs), part=CallRecord.Part.COST, state__in=[*_OPEN]
    ).count()
    if open_ones:
        return f"{open_ones} costs of carriers wait in the queue: charge them or write them off"
    reratings = Rerating.objects.filter(begins_at__lt=month.end, ends_at__gt=month.begin)
    if reratings.filter(~Q(state=Rerating.State.POSTED) | Q(lines__isnull=False)).exists():
        return "a re-rating of it is kept, for 30 days at most"
    if groups := groups_discounted():
        charges = Charge.objects.filter(setup__gte=month.begin, setup__lt=month.end)
        last = charges.aggregate(last=Max("pk"))["last"] or 0
        looked_at = VolumeRound.objects.aggregate(last=Max("last_charge"))["last"] or 0
        if last > looked_at:
            return "volume discounts of it are still to be looked at"
        for mark in VolumeMark.objects.filter(group_id__in=groups):
            zone = groups[mark.group_id].zone
            if begin_of(month_of(mark.at, zone), zone) < month.end + _ANSWERED_LATER:
                return "volumes were not counted since"
    return ""


def cost_of_roots(month: Month) -> dict[int, Decimal]:
    """What carriers cost of the legs of a month, by their top-level account. One query."""
    of_month = COST_OF_LEGS.format(where="WHERE setup >= %s AND setup < %s")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT root, SUM(amount) FROM ({of_month}) legs GROUP BY root",  # noqa: S608
            [*map(connection.ops.adapt_datetimefield_value, (month.begin, month.end))],
        )
        return {int(root): from_micros(int(amount)) for root, amount in cursor.fetchall()}


_OPEN = (CallRecord.State.NEW, CallRecord.State.WAITING)


def sums_kept(archived: ArchivedMonth) -> Mapping[int, Account]:
    """What an archived month came to for each account, as its files say it too."""
    found: dict[int, Account] = {}
    for one in ArchivedSum.objects.filter(archived=archived).order_by().iterator():
        account = found.setdefault(one.account_id, Account())
        if one.group_id is None:
            account.own = [one.legs, one.answered, one.seconds]
            continue
        whose = account.cost if one.is_cost else account.charged
        whose[0] += one.billed
        whose[1] += to_micros(one.amount)
    return found

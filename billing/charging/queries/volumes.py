"""What months came to, for the volume discounts of their groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Min, Sum

from billing.charging.models import Charge, VolumeCredit, VolumeRound
from billing.charging.volumes import begin_of, month_of, next_month
from billing.money import to_micros
from billing.rates.models import VolumeTier
from billing.wallets.models import RateGroup


@dataclass(frozen=True)
class Volume:
    """Of an account in a month: billed seconds, and charges in micro-units."""

    account: int
    is_cost: bool
    billed: int
    charges: int


def months_to_close(now: datetime) -> tuple[int, list[tuple[RateGroup, date]]]:
    """The last charge there is, and the months of groups with tiers that have ended and are to be
    looked at: those that ended since the last round, and those that had charges since.
    """
    groups = RateGroup.objects.in_bulk(
        VolumeTier.objects.order_by().values_list("group_id", flat=True).distinct()
    )
    before = VolumeRound.objects.order_by("-pk").first()
    known = before.last_charge if before else 0
    last = Charge.objects.aggregate(last=Max("pk"))["last"] or 0
    new = Charge.objects.filter(pk__gt=known, pk__lte=last, group_id__in=groups).order_by()
    spans = new.values("group_id").annotate(first=Min("at"), until=Max("at"))
    found: set[tuple[int, date]] = set()
    for row in spans:
        zone = groups[row["group_id"]].zone
        month, end = month_of(row["first"], zone), month_of(row["until"], zone)
        while month <= end:
            found.add((row["group_id"], month))
            month = next_month(month)
    if before is not None:
        for pk, group in groups.items():
            month = month_of(before.at, group.zone)
            while month < month_of(now, group.zone):
                found.add((pk, month))
                month = next_month(month)
    ended = [
        (groups[pk], month) for pk, month in sorted(found)
        if begin_of(next_month(month), groups[pk].zone) <= now
    ]  # fmt: skip
    return last, ended


def volumes_of(group: RateGroup, month: date) -> list[Volume]:
    """What each account came to at a group in a month, by the answer of its calls."""
    begin, end = begin_of(month, group.zone), begin_of(next_month(month), group.zone)
    rows = (
        Charge.objects.filter(group_id=group.pk, at__gte=begin, at__lt=end)
        .order_by()
        .values("account_id", "is_cost")
        .annotate(seconds=Sum("billed"), money=Sum("amount"))
    )
    return [
        Volume(row["account_id"], row["is_cost"], row["seconds"], to_micros(row["money"]))
        for row in rows
    ]


def credits_of(group: RateGroup, month: date) -> Mapping[tuple[int, bool], list[VolumeCredit]]:
    """What was posted for a month, by account, the first revision first."""
    found: dict[tuple[int, bool], list[VolumeCredit]] = {}
    credits = VolumeCredit.objects.filter(group_id=group.pk, month=month)
    for one in credits.order_by("account_id", "revision"):
        found.setdefault((one.account_id, one.is_cost), []).append(one)
    return found


def tiers_of(group: RateGroup) -> list[tuple[int, int]]:
    """(minutes, discount) of the tiers of a group today."""
    return list(VolumeTier.objects.filter(group=group).values_list("minutes", "discount"))

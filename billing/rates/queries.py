"""Rates as pages, questions and decks read them. Groups come from `billing.wallets.queries`, which
narrows them to what somebody may see.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Q, QuerySet

from billing.rates.models import Rate, RateCorrection, VolumeTier
from billing.rates.rating import prefixes_of
from billing.wallets.models import RateGroup


def rates_of(group: RateGroup) -> QuerySet[Rate]:
    """All rates of a group that somebody may see, those taken back left out."""
    return Rate.objects.standing().filter(group=group)


def rates_for(groups: Collection[int], number: str, at: datetime) -> Mapping[int, list[Rate]]:
    """The rates of some groups whose prefix and dates fit a number at a moment, by the group's key,
    with those that follow later. One query, whatever the size of the groups.
    """
    found: dict[int, list[Rate]] = {pk: [] for pk in groups}
    fitting = Rate.objects.standing().filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=at),
        group__in=groups,
        prefix__in=prefixes_of(number),
    )
    for one in fitting.order_by("pk"):
        found[one.group_id].append(one)
    return found


def corrections_of(group: RateGroup) -> QuerySet[RateCorrection]:
    """The corrections of past prices of a group, the latest first."""
    return RateCorrection.objects.filter(group=group).select_related("login").order_by("-pk")


def tiers_of(group: RateGroup) -> QuerySet[VolumeTier]:
    """The volume tiers of a group, the smallest first."""
    return VolumeTier.objects.filter(group=group)

"""Rates as pages, questions and decks read them. Groups come from `billing.wallets.queries`, which
narrows them to what somebody may see.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    Count,
    DateTimeField,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from billing.cards.models import CardBatch
from billing.rates.models import Rate, RateCorrection, VolumeTier
from billing.rates.rating import Rate as PlainRate
from billing.rates.rating import prefixes_of
from billing.wallets.models import RateGroup, Wallet

# Rates of a group are counted no further.
COUNTED = 10_000


class _CountOf(Subquery):
    """How many rows a query has, whose limit keeps it from counting all of them."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@dataclass(frozen=True)
class GroupFigures:
    """What a list says of a group: how many accounts within the viewer's scope buy at it, how many
    rates it has in effect or coming (at most one more than COUNTED), and when the next one begins
    or ends. `is_bought_at`: the viewer's own account does.
    """

    users: int
    rates: int
    next_change: datetime | None
    is_bought_at: bool


def figures_of(
    actor: Actor, groups: Sequence[RateGroup], now: datetime
) -> Mapping[int, GroupFigures]:
    """The figures of some groups that the actor may see. Two queries, however many they are."""
    pks = [one.pk for one in groups]
    users = users_of(actor).filter(rate_group__in=pks).order_by().values_list("rate_group")
    counted = dict(users.annotate(Count("pk")))
    standing = Rate.objects.standing().filter(group=OuterRef("pk"))
    alive = standing.exclude(effective_until__lte=now).order_by()
    begins = standing.filter(effective_from__gt=now).order_by("effective_from")
    rows = RateGroup.objects.filter(pk__in=pks).annotate(
        alive=_CountOf(alive.values("pk")[: COUNTED + 1]),
        begins=Subquery(begins.values("effective_from")[:1], output_field=DateTimeField()),
        is_mine=Count("wallets", filter=Q(wallets=actor.account_pk or 0)),
    )
    return {
        one.pk: GroupFigures(counted.get(one.pk, 0), one.alive, one.begins, bool(one.is_mine))
        for one in rows
    }


def users_of(actor: Actor) -> "QuerySet[Wallet]":
    """The wallets of accounts below the actor's own, closed ones left out; all of them for
    administrators.
    """
    wallets = Wallet.objects.filter(in_scope(actor.scope, "account"))
    return wallets.exclude(pk=actor.account_pk).exclude(account__status=Account.Status.CLOSED)


def used_by(actor: Actor, group: RateGroup) -> tuple[int, int]:
    """(accounts, card batches) within the actor's scope that have the group. Two queries."""
    batches = CardBatch.objects.filter(in_scope(actor.scope, "account"), rate_group=group)
    return users_of(actor).filter(rate_group=group).count(), batches.count()


def rates_of(group: RateGroup) -> QuerySet[Rate]:
    """All rates of a group that somebody may see, those taken back left out."""
    return Rate.objects.standing().filter(group=group)


def alive_count(group: RateGroup, now: datetime, most: int) -> int:
    """How many rates a group has that have not ended; at most one more than `most`."""
    return rates_of(group).exclude(effective_until__lte=now).order_by()[: most + 1].count()


def plain_rates(group: RateGroup, now: datetime) -> list[PlainRate]:
    """Those in effect at a moment, whatever their hours, as `billing.rates.rating` knows them."""
    rates = Rate.objects.in_effect(now).filter(group=group)
    return [one.plain for one in rates.iterator(chunk_size=5000)]


def history_of(group: RateGroup, prefix: str, *, with_void: bool) -> QuerySet[Rate]:
    """Every rate a prefix had in a group, the latest first; `with_void`: those taken back too."""
    rates = Rate.objects.filter(group=group, prefix=prefix)
    shown = rates if with_void else rates.filter(void_at__isnull=True)
    return shown.order_by("-effective_from", "-pk")


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

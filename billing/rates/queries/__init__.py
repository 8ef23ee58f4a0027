"""Rates as pages, questions and decks read them. Groups come from `billing.wallets.queries`, which
narrows them to what somebody may see.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Left

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains, in_scope
from accounts.kit.errors import NotInScope
from accounts.kit.object_keys import object_number
from accounts.kit.outage import Away
from accounts.kit.prepared import Prepared, padded
from accounts.portal.registry import registry
from accounts.portal.ways import ChargedPrefixes
from billing.cards.models import CardBatch
from billing.rates.answers import Answer, Level, PriceChain
from billing.rates.comparing import Offer, Pair, compared, of_the_hour
from billing.rates.counting import COUNTED, GroupFigures, Uses
from billing.rates.folding import LEAD, Fold, Folds, folded
from billing.rates.models import (
    DeckPiece,
    DeckRow,
    Rate,
    RateCorrection,
    RateImport,
    VolumeTier,
)
from billing.rates.periods import Period
from billing.rates.pricing import Price
from billing.rates.rating import Rate as PlainRate
from billing.rates.rating import prefixes_of
from billing.wallets.models import RateGroup, Wallet
from billing.wallets.queries import groups_kept, groups_named, groups_seen

# Seconds for which the heads of a group are kept at most.
_KEPT = 86_400


class _CountOf(Subquery):
    """How many rows a query has, whose limit keeps it from counting all of them."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


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


def uses_of(group: RateGroup) -> Uses:
    """Everything on the platform that has it. Two queries."""
    is_closed = Q(account__status=Account.Status.CLOSED)
    counted = Wallet.objects.filter(rate_group=group).aggregate(
        all=Count("pk"), closed=Count("pk", filter=is_closed)
    )
    batches = CardBatch.objects.filter(rate_group=group).count()
    return Uses(counted["all"], counted["closed"], batches)


def rates_of(group: RateGroup) -> QuerySet[Rate]:
    """All rates of a group that somebody may see, those taken back left out."""
    return Rate.objects.standing().filter(group=group)


def alive_rates(group: RateGroup, now: datetime) -> QuerySet[Rate]:
    """The rates of a group that have not ended, in no order."""
    return rates_of(group).exclude(effective_until__lte=now).order_by()


def alive_count(group: RateGroup, now: datetime, most: int) -> int:
    """How many rates a group has that have not ended; at most one more than `most`."""
    return alive_rates(group, now)[: most + 1].count()


def folds_of(group: RateGroup, rates: QuerySet[Rate], which: str, now: datetime) -> Folds:
    """The heads under which some `rates` of a group stand; `which` of them these are, now, says
    how the answer is called.

    To count and compare them all of them are read, so the answer is kept until the group changes or
    the next of its rates begins or ends: from then on one query, whatever the size of the group.
    """
    name = f"rates-folded:{group.pk}:{group.version}:{which}"
    with suppress(Away):
        kept: Folds | None = cache.get(name)
        if kept is not None and (kept.until is None or now < kept.until):
            return kept
    parts = rates.order_by().values_list(Left("prefix", LEAD)).annotate(
        rates=Count("pk"), lowest=Min("price"), highest=Max("price"),
        locked=Count("pk", filter=Q(is_locked=True)),
        coming=Count("pk", filter=Q(effective_from__gt=now)),
    )  # fmt: skip
    moments = rates_of(group).aggregate(
        begins=Min("effective_from", filter=Q(effective_from__gt=now)),
        ends=Min("effective_until", filter=Q(effective_until__gt=now)),
    )
    found = Folds(
        folded(Fold(*one) for one in parts), min(filter(None, moments.values()), default=None)
    )
    with suppress(Away):
        cache.set(name, found, _KEPT)
    return found


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
    prefixes = prefixes_of(number)
    if not groups or not prefixes:
        return found
    keys = padded(sorted(groups))
    for one in _FITTING.objects(len(keys), at, *keys, *padded(prefixes)):
        found[one.group_id].append(one)
    return found


def _fitting_one(groups: int, at: datetime, *values: Any) -> QuerySet[Rate]:
    """`values`: the keys of so many groups, then prefixes."""
    return Rate.objects.standing().filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=at),
        group__in=values[:groups],
        prefix__in=values[groups:],
    )


_FITTING = Prepared(_fitting_one)


def price_chain(actor: Actor, account: Account, numbers: Iterable[str], at: datetime) -> PriceChain:
    """Who pays when an account calls one of these numbers, each level at its group, as far as the
    actor may know it: today's agents and groups, and the rates of the moment. Four queries,
    whatever the depth, the groups and the numbers. Raises NotInScope.
    """
    links = chains([account.pk]).get(account.pk, ())
    count = len(actor.visible_part(links))
    if not count:
        raise NotInScope
    groups = _bought_at(links)
    payers = _levels(actor, links[::-1], groups)
    pks = {one.pk for one in groups.values()}
    rates: dict[int, dict[str, list[PlainRate]]] = {pk: {} for pk in pks}
    for one in _fitting(pks, numbers, at):
        rates[one.group_id].setdefault(one.prefix, []).append(one.plain)
    return PriceChain(at, tuple(payers[:count]), tuple(payers[count:]), rates)


def levels(actor: Actor, account: Account, number: str, seconds: int, at: datetime) -> Answer:
    """What one number costs an account for so many seconds of talk, and every level above it, as
    `price_chain` has it.
    """
    return price_chain(actor, account, [number], at).answer(number, seconds)


def group_bought_at(actor: Actor, account: Account) -> Level:
    """Which group an account of the actor's scope buys at, as far as the actor may know it. Two
    queries.
    """
    return _levels(actor, [account], _bought_at([account]))[0]


def _bought_at(accounts: Iterable[Account | ChainLink]) -> Mapping[int, RateGroup]:
    """The rate group of each account that has one, by the account's key. One query."""
    wallets = Wallet.objects.filter(
        pk__in=[one.pk for one in accounts], rate_group__isnull=False
    ).select_related("rate_group")
    return {one.pk: one.rate_group for one in wallets if one.rate_group}


def _levels(
    actor: Actor, accounts: Iterable[Account | ChainLink], groups: Mapping[int, RateGroup]
) -> list[Level]:
    """Each account with the group it buys at, as far as the actor may know it. One query."""
    seen = Q(pk__in=groups_seen(actor).values("pk"))
    named = dict(
        groups_named(actor)
        .filter(pk__in={one.pk for one in groups.values()})
        .annotate(is_seen=ExpressionWrapper(seen, BooleanField()))
        .values_list("pk", "is_seen")
    )
    found = []
    for one in accounts:
        group = groups.get(one.pk)
        if group is None:
            found.append(Level(one.pk, one.account_id))
            continue
        name = group.name if group.pk in named else ""
        is_seen = named.get(group.pk, False)
        found.append(Level(one.pk, one.account_id, group.pk, name, is_seen, group.zone))
    return found


def _fitting(groups: Collection[int], numbers: Iterable[str], at: datetime) -> QuerySet[Rate]:
    """The rates of these groups for any beginning of any of the numbers, at a moment or later."""
    prefixes = {prefix for number in numbers for prefix in prefixes_of(number)}
    # In no order: to give them by their keys SQLite would read all rates of the groups.
    return Rate.objects.standing().filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=at),
        group__in=groups,
        prefix__in=sorted(prefixes),
    )


def corrections_of(group: RateGroup) -> QuerySet[RateCorrection]:
    """The corrections of past prices of a group, the latest first."""
    return RateCorrection.objects.filter(group=group).select_related("login").order_by("-pk")


def tiers_of(group: RateGroup) -> QuerySet[VolumeTier]:
    """The volume tiers of a group, the smallest first."""
    return VolumeTier.objects.filter(group=group)


def imports_of(actor: Actor) -> QuerySet[RateImport]:
    """The decks of the groups that somebody may change, with group and jobs."""
    return RateImport.objects.filter(group__in=groups_kept(actor)).select_related(
        "group__owner", "check_job", "commit_job", "login__account"
    )


def imports_into(group: RateGroup) -> QuerySet[RateImport]:
    """The decks that were handed in for a group that somebody may change, the latest first."""
    return RateImport.objects.filter(group=group).order_by("-created_at", "-pk")


def pieces_of(deck: RateImport) -> Iterator[bytes]:
    """The file of a deck, so much of it at a time; nothing once the deck was entered."""
    pieces = DeckPiece.objects.filter(deck=deck).order_by("number")
    for number in list(pieces.values_list("number", flat=True)):
        yield bytes(pieces.values_list("content", flat=True).get(number=number))


def rows_of(deck: RateImport) -> QuerySet[DeckRow]:
    """What a deck that somebody may see would do, or did."""
    return DeckRow.objects.filter(deck=deck)


def plain_rates(group: RateGroup, since: datetime) -> Iterator[PlainRate]:
    """The rates of a group that had not ended at a moment, by prefix and beginning."""
    standing = Rate.objects.standing().filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=since), group=group
    )
    rows = standing.order_by("prefix", "effective_from", "pk").values_list(
        "pk", "prefix", "price", "connection_fee", "first_block", "increment", "effective_from",
        "effective_until", "days", "period_begin", "period_end", "is_locked", "destination",
    )  # fmt: skip
    row: Any
    for row in rows.iterator(chunk_size=2_000):
        pk, prefix, price, fee, first, step, since_when, until, *rest = row
        days, begin, end, is_locked, destination = rest
        period = Period(days, begin, end) if days else None
        asked = Price(price, fee, first, step)
        yield PlainRate(pk, prefix, asked, since_when, until, period, is_locked, destination)


def offers_of(group: RateGroup, at: datetime) -> Iterator[Offer]:
    """What a group that somebody may see asks for each prefix at a moment, in their order, as it is
    read. One query.
    """
    rows = (
        Rate.objects.in_effect(at)
        .filter(group=group)
        .order_by("prefix")
        .values_list(
            "prefix", "destination", micros("price"), micros("connection_fee"), "first_block",
            "increment", "is_locked", "days", "period_begin", "period_end",
        )
    )  # fmt: skip
    read = map(Offer._make, rows.iterator(chunk_size=2_000))
    return of_the_hour(read, at.astimezone(group.zone))


def pairs_of(sell: RateGroup, buy: RateGroup, at: datetime, seconds: int) -> Iterator[Pair]:
    """Two groups that somebody may see side by side, as they are read. Two queries."""
    return compared(offers_of(sell, at), offers_of(buy, at), seconds)


def micros(name: str) -> ExpressionWrapper:
    """An amount as it is stored: hundreds of thousands are read, and few are shown."""
    return ExpressionWrapper(F(name), BigIntegerField())


def listed_rates(group: RateGroup, at: datetime) -> QuerySet[Rate]:
    """The rates of a group that somebody may see as a deck says them: those that count at a moment
    and those to come.
    """
    now_or_later = Q(effective_until__isnull=True) | Q(effective_until__gt=at)
    return rates_of(group).filter(now_or_later).select_related("group")


def beginnings_of(deck: RateImport) -> tuple[datetime | None, datetime | None]:
    """When the first and the last of the rates begin that a deck would begin."""
    kinds = DeckRow.Kind
    begun = rows_of(deck).exclude(kind__in=(kinds.ENDING, kinds.UNCHANGED, kinds.REFUSED))
    found = begun.aggregate(first=Min("effective_from"), last=Max("effective_from"))
    return found["first"], found["last"]


def charged_since(group: RateGroup, begun: Mapping[str, datetime], most: int) -> dict[str, int]:
    """Those of these prefixes by which calls were charged that would have cost something else, and
    by each how many charges, so many at most. Those at a group are all of accounts below its owner.
    """
    return _counted(registry.charged_prefixes, group, begun, most)


def held_since(group: RateGroup, begun: Mapping[str, datetime], most: int) -> dict[str, int]:
    """The same of calls that were let through at the group and are not charged yet: how many."""
    return _counted(registry.held_prefixes, group, begun, most)


def _counted(
    asked: Iterable[ChargedPrefixes], group: RateGroup, begun: Mapping[str, datetime], most: int
) -> dict[str, int]:
    found: Counter[str] = Counter()
    for ask in asked:
        found.update(ask(group.pk, begun, most) if begun else {})
    return dict(found)


def group_named(text: str) -> RateGroup | None:
    """For commands: the group of a key, of a name of the platform's, or of OWNER/NAME."""
    owner, slash, name = text.partition("/")
    found = RateGroup.objects.select_related("owner")
    if slash:
        by_owner = found.filter(owner__account_id__iexact=owner, name__iexact=name).first()
        if by_owner is not None:
            return by_owner
    number = object_number(RateGroup.key_kind, text)
    by_name = found.filter(owner__isnull=True, name__iexact=text).first()
    return by_name or (found.filter(pk=number).first() if number is not None else None)

"""What calls cost whom, as far as somebody may know it (docs/domain.md 7): what accounts in its
scope pay, up to its own level; of accounts that moved away only what it was charged itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.reach import accounts_reached, own_key, scope_and_rest
from accounts.kit.prepared import Prepared, padded
from billing.calls.models import Leg
from billing.charging.models import Charge
from billing.charging.queries.calls import former_accounts
from billing.ledger.models import Entry
from billing.rates.models import Rate, RateCorrection
from billing.wallets.queries import group_names, groups_kept, groups_seen


@dataclass(frozen=True)
class Seen:
    """A call with what the reader may know of it. `account` is None where it moved away;
    `charges` in the order in which they were made, those that were taken back included.
    """

    leg: Leg
    account: Account | None
    charges: tuple[Charge, ...]
    # Accounts by their keys: those in scope that had a part in it, no others.
    names: Mapping[int, Account]
    own: int | None

    @property
    def standing(self) -> list[Charge]:
        """The charges that were not taken back, the caller's first, the carrier's cost last."""
        back = {one.reverses_id for one in self.charges}
        standing = [one for one in self.charges if one.reverses_id is None and one.pk not in back]
        return sorted(standing, key=lambda one: (one.is_cost, one.level))

    @property
    def first(self) -> Charge | None:
        """What the account itself pays."""
        found = (one for one in self.standing if one.level == 0 and not one.is_cost)
        return next(found, None) if self.account is not None else None

    @property
    def mine(self) -> Charge | None:
        """What the reader's own account pays; for administrators the root of the tree."""
        for one in self.standing:
            if one.is_cost:
                continue
            if one.account_id == self.own or (self.own is None and one.agent_id is None):
                return one
        return None

    @property
    def cost(self) -> Charge | None:
        return next((one for one in self.standing if one.is_cost), None)

    @property
    def margin(self) -> Decimal | None:
        """What the reader keeps: of what its direct sub-account pays, less its own price; for
        administrators of what the root pays, less the cost. None where one of both is not known.
        """
        mine = self.mine
        if mine is None:
            return None
        if self.own is None:
            return None if self.cost is None else mine.amount - self.cost.amount
        paid = next((one for one in self.standing if one.agent_id == self.own), None)
        return None if paid is None else paid.amount - mine.amount

    @property
    def agent(self) -> Account | None:
        """The agent of the account: that of the call, or, of what cost nothing, that of today."""
        return self.names.get(self.agent_pk or 0)

    @property
    def agent_pk(self) -> int | None:
        if self.account is None:
            return None
        first = self.first
        return first.agent_id if first is not None else self.account.parent_id


def seen(actor: Actor, legs: Sequence[Leg], only: Account | None = None) -> list[Seen]:
    """Calls that the actor sees, with what they cost. Two queries; one where `only` one account,
    read within the actor's scope, has a name there.
    """
    charges = _charges_seen(actor, legs)
    names = {only.pk: only} if only else _names(actor, legs, charges)
    by_leg: dict[int, list[Charge]] = {}
    for one in charges:
        by_leg.setdefault(one.leg_id, []).append(one)
    return [
        Seen(
            leg,
            names.get(leg.account_id),
            _known(actor, leg.account_id in names, by_leg.get(leg.pk, [])),
            names,
            actor.account_pk,
        )
        for leg in legs
    ]


def _charges_seen(actor: Actor, legs: Sequence[Leg]) -> list[Charge]:
    if not legs:
        return []
    # The time says in which parts of the table they lie.
    setups = [one.setup for one in legs]
    pks = padded(sorted(one.pk for one in legs))
    values: tuple[Any, ...] = (*own_key(actor.scope), min(setups), max(setups), *pks)
    return _OF_LEGS.objects(actor.scope.everything, *values)


def _of_legs(everything: bool, *values: Any) -> QuerySet[Charge]:
    scope, (first, last, *pks) = scope_and_rest(everything, values)
    charges = Charge.objects.filter(leg_id__in=pks, setup__gte=first, setup__lte=last)
    if not everything:
        reached = Account.objects.within(scope).values("pk")
        charges = charges.filter(is_cost=False, account_id__in=reached)
    return charges.order_by("pk")


_OF_LEGS = Prepared(_of_legs)


def _names(actor: Actor, legs: Iterable[Leg], charges: Iterable[Charge]) -> dict[int, Account]:
    wanted: set[int | None] = {*(one.account_id for one in legs), *(one.carrier_id for one in legs)}
    for one in charges:
        wanted |= {one.account_id, one.agent_id}
    pks = [pk for pk in wanted if pk is not None]
    reached = accounts_reached(actor).filter(pk__in=pks).select_related("parent")
    found = {one.pk: one for one in reached}
    parents = [one.parent for one in reached if one.parent is not None]
    if not actor.scope.everything:
        # Above the own account nobody has a name.
        parents = [one for one in parents if one.pk not in {link.pk for link in actor.chain[:-1]}]
    return {**{one.pk: one for one in parents}, **found}


def _known(actor: Actor, is_reached: bool, charges: list[Charge]) -> tuple[Charge, ...]:
    """Those up to the reader's own level; of an account that moved away only its own."""
    own = [one for one in charges if one.account_id == actor.account_pk]
    if actor.scope.everything:
        return tuple(charges)
    if not is_reached:
        return tuple(own)
    top = max((one.level for one in own), default=None)
    return tuple(one for one in charges if top is None or one.level <= top)


@dataclass(frozen=True)
class Rated:
    """Behind some charges: the rates; of their groups the names that the reader may know, and which
    of them it may look at; corrections of groups that are its own, for their reasons are its own.
    """

    rates: Mapping[int, Rate]
    names: Mapping[int, str]
    seen: frozenset[int]
    corrections: Mapping[int, RateCorrection]


def rated(actor: Actor, charges: Iterable[Charge]) -> Rated:
    """Five queries at most."""
    groups = {one.group_id for one in charges}
    corrections = RateCorrection.objects.filter(
        pk__in=[one.correction_id for one in charges if one.correction_id],
        group__in=groups_kept(actor),
    )
    return Rated(
        Rate.objects.in_bulk({one.rate_id for one in charges}),
        group_names(actor, groups),
        frozenset(groups_seen(actor).filter(pk__in=groups).values_list("pk", flat=True)),
        {one.pk: one for one in corrections},
    )


@dataclass(frozen=True)
class Sums:
    """What some calls add up to. `charged`: what their accounts pay; `mine`: what the reader's own
    account pays (for administrators the roots), `margin` what it keeps; `cost` is the carriers'.
    """

    legs: int
    answered: int
    seconds: int
    charged: Decimal
    mine: Decimal
    margin: Decimal
    cost: Decimal


def sums_of(actor: Actor, legs: QuerySet[Leg], most: int | None) -> Sums:
    """Of so many of the newest of them at most (None: of all). Two queries, whose cost grows with
    the calls.
    """
    some = legs.order_by("-setup", "-pk")[:most] if most else legs.order_by()
    counted = some.aggregate(
        legs=Count("pk"), answered=Count("answer"), seconds=Sum("duration"),
        first=Min("setup"), last=Max("setup"),
    )  # fmt: skip
    zero = Decimal(0)
    if not counted["legs"]:
        return Sums(0, 0, 0, zero, zero, zero, zero)
    lines = Charge.objects.filter(
        leg_id__in=some.values("pk"), setup__gte=counted["first"], setup__lte=counted["last"]
    ).order_by()
    is_all = actor.scope.everything
    sides = _sides(actor)
    found = lines.aggregate(
        charged=Sum("amount", filter=sides.charged),
        mine=Sum("amount", filter=sides.mine),
        other=Sum("amount", filter=sides.other & sides.is_known),
        bought=Sum("amount", filter=sides.mine & sides.is_bought & sides.is_known),
    )
    amounts = {name: value or zero for name, value in found.items()}
    kept = amounts["bought"] - amounts["other"]
    return Sums(
        counted["legs"],
        counted["answered"],
        counted["seconds"] or 0,
        amounts["charged"],
        amounts["mine"],
        kept if is_all else -kept,
        amounts["other"] if is_all else zero,
    )


@dataclass(frozen=True)
class _Sides:
    """Which charges are what callers pay, what the reader pays (for administrators the roots), and
    the other side of that: what its direct sub-accounts pay, or the cost. `is_bought`: for others;
    `is_known`: of calls of which both sides are.
    """

    charged: Q
    mine: Q
    other: Q
    is_bought: Q = Q()
    is_known: Q = Q()


def _sides(actor: Actor) -> _Sides:
    chain, own = Q(is_cost=False), actor.account_pk
    of_leg = Charge.objects.filter(leg_id=OuterRef("leg_id"), setup=OuterRef("setup"))
    if actor.scope.everything:
        has_cost = Q(Exists(of_leg.filter(is_cost=True)))
        return _Sides(
            chain & Q(level=0), chain & Q(agent_id=None), Q(is_cost=True), is_known=has_cost
        )
    sides = _Sides(
        chain & Q(level=0), chain & Q(account_id=own), chain & Q(agent_id=own), Q(level__gt=0)
    )
    if own is None or not former_accounts(own).exists():
        return sides
    # Then a side may be out of reach: of a caller that left, or of an agent that stood between.
    reached = accounts_reached(actor).values("pk")
    is_known = Q(Exists(of_leg.filter(agent_id=own, account_id__in=reached))) & Q(
        Exists(of_leg.filter(level=0, account_id__in=reached))
    )
    return replace(sides, charged=sides.charged & Q(account_id__in=reached), is_known=is_known)


def entries_behind(charges: Iterable[Charge]) -> dict[int, Entry]:
    """The entries of wallets that these charges are lines of, by the key of the charge."""
    lines = {one.pk: (one.transaction_id, one.account_id) for one in charges if one.transaction_id}
    entries = Entry.objects.filter(
        transaction__in={movement for movement, _account in lines.values()}, wallet__isnull=False
    )
    found = {(one.transaction_id, one.wallet_id): one for one in entries}
    return {pk: found[line] for pk, line in lines.items() if line in found}

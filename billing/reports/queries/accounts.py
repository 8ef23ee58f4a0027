"""Accounts of a report: which make no calls, and how long the money of others lasts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Greatest, NullIf

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import (
    accounts_below,
    accounts_reached,
    own_key,
    reached_by,
    scope_and_rest,
)
from accounts.core.scope import Scope
from accounts.kit.prepared import Prepared, padded
from billing.charging.models import DayTotal, QuarterTotal
from billing.money import from_micros
from billing.reports.figures import NONE, Figures
from billing.reports.periods import Period
from billing.reports.queries.figures import paid_by_each
from billing.wallets.models import Standing, Wallet


def accounts_named(actor: Actor, whose: Account | None) -> dict[int, Account]:
    """The accounts that stand directly below one (of all: at the top level), or ever did, and that
    the actor reaches, by key: figures of the past are about others as well, who moved away. One
    query.
    """
    if actor.scope.is_empty:
        return {}
    own = () if whose is None else (whose.pk,)
    rows = _NAMED.objects(actor.scope.everything, *own_key(actor.scope), *own)
    return {one.pk: one for one in reached_by(actor.scope, rows)}


def _named(everything: bool, *values: int) -> AccountQuerySet:
    scope, whose = scope_and_rest(everything, values)
    stood = Standing.objects.filter(agent=whose[0] if whose else None).order_by()
    within = Account.objects.within(scope)
    return within.filter(pk__in=stood.values("account_id")).order_by()


_NAMED = Prepared(_named)


@dataclass(frozen=True)
class Unused:
    """An account that made no call in a period, and the last day on which it made one."""

    account: Account
    last: date | None


def unused_accounts(actor: Actor, whose: Account | None, period: Period, most: int) -> list[Unused]:
    """The accounts below one (of all: with the top-level ones) without a call of theirs, or below
    them, in the days of a period, each by its own zone's days; closed and clearing accounts, and
    those that were made later, left out. At most so many. One query.
    """
    called = DayTotal.objects.filter(account_id=OuterRef("pk"), legs__gt=0)
    rows = (
        _below(actor, whose)
        .filter(created_at__lt=period.end)
        .exclude(Exists(called.filter(day__gte=period.first, day__lt=period.until)))
        .annotate(last=Subquery(called.order_by("-day").values("day")[:1]))
        .select_related("parent")
        .order_by("account_id")
    )
    return [Unused(one, one.last) for one in rows[:most]]


def _below(actor: Actor, whose: Account | None) -> AccountQuerySet:
    scope = actor.scope if whose is None else Scope.of(whose.pk)
    found: AccountQuerySet = accounts_reached(actor).within(scope)
    if whose is not None:
        found = found.exclude(pk=whose.pk)
    return found.exclude(status=Account.Status.CLOSED).exclude(type=Account.Type.CLEARING)


@dataclass(frozen=True)
class Consumption:
    """What an account paid in a period beside what it has left now."""

    account: Account
    wallet: Wallet
    figures: Figures
    days: int
    # In the period before, where it was asked for.
    before: Figures = NONE

    @property
    def per_day(self) -> Decimal:
        return self.figures.amount / self.days

    @property
    def days_left(self) -> Decimal | None:
        """How long what is available lasts at this pace; None where it has no end."""
        available = self.wallet.available
        if available is None or not self.figures.amount > 0:
            return None
        return max(available, Decimal(0)) / self.per_day


def consumption(
    actor: Actor, whose: Account | None, period: Period, days: int, most: int
) -> Sequence[Consumption]:
    """Of the accounts directly below one (of all: the top-level ones) that are not closed, those
    whose money ends first before the others, then those that paid most. `days`: how many of the
    period are over, today counted. At most so many accounts are looked at. Three queries.
    """
    below = paying_below(None if whose is None else whose.pk).within(actor.scope)
    paid, before = paid_by_each(below, period), paid_by_each(below, period.before)
    rows = below.select_related("wallet").order_by("account_id")[:most]
    return _by_urgency(rows, paid, days, before)


def running_dry(
    actor: Actor, paid: Mapping[int, Figures], days: int, most: int
) -> Sequence[Consumption]:
    """As `consumption` of the top-level accounts, without those whose money has no end at the pace
    of what they `paid`. One query.
    """
    spending = sorted(pk for pk, one in paid.items() if one.amount > 0)
    if not spending or actor.scope.is_empty:
        return []
    shape = actor.scope.everything, most
    rows = _LIMITED.objects(shape, *own_key(actor.scope), *padded(spending))
    return _by_urgency(reached_by(actor.scope, rows), paid, days)


def _limited(shape: tuple[bool, int], *values: int) -> AccountQuerySet:
    everything, most = shape
    scope, pks = scope_and_rest(everything, values)
    top = paying_below(None).within(scope).filter(pk__in=pks, wallet__is_unlimited=False)
    return top.select_related("wallet").order_by("account_id")[:most]


_LIMITED = Prepared(_limited)


# So many accounts further below an agent are looked at, those who have least left before the
# others, so that its start page costs the same however large its hierarchy is.
_FURTHER_BELOW = 1000


def ending_below(actor: Actor, period: Period, days: int, most: int) -> Sequence[Consumption]:
    """Of all accounts below the actor's own those whose money ends, those whose ends first before
    the others, at the pace of what they paid in a period of so many whole days of its zone. At most
    so many. One query.
    """
    if actor.scope.account_pk is None:
        return []
    rows: Any = _ENDING.objects(most, *own_key(actor.scope), period.begin, period.end)
    spent = {one.pk: Figures(amount=from_micros(int(one.spent or 0))) for one in rows}
    found = _by_urgency(reached_by(actor.scope, rows), spent, days)
    return [one for one in found if one.days_left is not None]


def _ending(most: int, *values: Any) -> AccountQuerySet:
    own, begin, end = values
    left = F("wallet__balance") + F("wallet__credit_limit") - F("wallet__held")
    below = (
        accounts_below(Scope.of(own))
        .filter(wallet__is_unlimited=False)
        .exclude(status=Account.Status.CLOSED)
        .exclude(type=Account.Type.CLEARING)
        .alias(left=ExpressionWrapper(left, output_field=BigIntegerField()))
    )
    # What is used up already says so as a low balance.
    has_none = Case(When(left__gt=0, then=0), default=1, output_field=IntegerField())
    poorest = below.order_by(has_none, "left", "pk").values("pk")[:_FURTHER_BELOW]
    totals = QuarterTotal.objects.filter(
        account_id=OuterRef("pk"), is_cost=False, quarter__gte=begin, quarter__lt=end
    )
    # Without destinations: of a week an account has 672 of them at most, however much is called.
    amounts = totals.order_by().values("account_id").annotate(all=Sum("amount")).values("all")
    spent = Subquery(amounts, output_field=BigIntegerField())
    lasting = Cast(Greatest("left", 0), FloatField()) / NullIf("spent", Value(0))
    found = below.filter(Q(parent_id=own) | Q(pk__in=poorest))
    return (
        found.annotate(spent=spent)
        .select_related("wallet", "parent")
        .order_by(ExpressionWrapper(lasting, output_field=FloatField()).asc(nulls_last=True), "pk")
    )[:most]


_ENDING = Prepared(_ending)


def _by_urgency(
    accounts: Iterable[Account],
    paid: Mapping[int, Figures],
    days: int,
    before: Mapping[int, Figures] | None = None,
) -> Sequence[Consumption]:
    was, over = before or {}, max(days, 1)
    found = [
        Consumption(one, one.wallet, paid.get(one.pk, NONE), over, was.get(one.pk, NONE))
        for one in accounts
    ]
    return sorted(found, key=_urgency)


def paying_below(whose: int | None) -> AccountQuerySet:
    """The accounts directly below one, by its key (None: the top-level ones), that are not closed
    and pay for calls. Wallets are made by a package that pages go on without.
    """
    below = Account.objects.filter(parent_id=whose, wallet__isnull=False)
    return below.exclude(status=Account.Status.CLOSED).exclude(type=Account.Type.CLEARING)


def _urgency(one: Consumption) -> tuple[bool, Decimal, Decimal, str]:
    left = one.days_left
    return left is None, left or Decimal(0), -one.figures.amount, one.account.account_id

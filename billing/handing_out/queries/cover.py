"""What an agent has, has handed out below, and may still hand out (docs/domain.md 6).

Read, never stored: a customer's balance and limit, and the cards that are out, are the truth.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Least
from django.utils import timezone

from accounts.core.models import Account
from accounts.kit.moments import asked_now
from accounts.kit.prepared import Prepared, padded
from billing.cards.models import Card, CardBatch
from billing.fields import MoneyField
from billing.money import MICRO, from_micros
from billing.wallets.models import Wallet

_ZERO = Decimal(0)
# So many are asked about one by one, each by its own index.
FEW = 32


@dataclass(frozen=True)
class Cover:
    """An agent's money and what stands against it.

    `handed_out`: what each direct sub-account could spend (balance and limit together, where that
    is above zero; of one with unlimited credit the balance alone), and the face value of cards
    that are released and not used. `unlimited_below`: how many have unlimited credit, which no sum
    can say.
    """

    account_pk: int
    balance: Decimal
    # None: unlimited credit, which has no bound.
    available: Decimal | None
    handed_out: Decimal
    unlimited_below: int = 0

    @property
    def free(self) -> Decimal | None:
        """What it may still hand out under *covered*; below zero: uncovered. None: no bound."""
        return None if self.available is None else self.available - self.handed_out

    @property
    def is_uncovered(self) -> bool:
        return self.free is not None and self.free < 0


def covers_of(account_pks: Iterable[int], *, counts_unlimited: bool = True) -> dict[int, Cover]:
    """The cover of each of these accounts, by key; those without sub-accounts and cards have handed
    out nothing. One statement, so that a card that is used meanwhile is counted once.
    `counts_unlimited`: not for who decides, and holds a lock.
    """
    pks = padded(sorted(set(account_pks)))
    found = _COVERS.objects(counts_unlimited, timezone.now(), *pks) if pks else []
    return {one.pk: cover_read(one) for one in found}


def cover_read(wallet: Any) -> Cover:
    """The cover of a wallet that was read `with_cover`."""
    return Cover(
        account_pk=wallet.pk,
        balance=wallet.balance,
        available=wallet.available,
        handed_out=wallet.below + wallet.in_cards,
        unlimited_below=getattr(wallet, "unlimited_below", 0),
    )


def with_cover(
    wallets: QuerySet[Wallet], now: datetime, *, counts_unlimited: bool = True
) -> QuerySet[Wallet, Any]:
    """The wallets, each read together with what it has handed out."""
    rows: Any = wallets.annotate(
        below=_money(_summed(_below(), _WORTH, "account__parent")),
        in_cards=_money(_summed(_mine(), _face_value_out(now), "account")),
    )
    if counts_unlimited:
        rows = rows.annotate(unlimited_below=_number(_unlimited_below()))
    return rows


def _covers(counts_unlimited: bool, now: datetime, *pks: int) -> QuerySet[Wallet, Any]:
    wallets = Wallet.objects.filter(pk__in=pks)
    return with_cover(wallets, now, counts_unlimited=counts_unlimited)


_COVERS = Prepared(_covers)


def cover_of(account_pk: int) -> Cover:
    """As `covers_of`, for one account."""
    return covers_of([account_pk])[account_pk]


def uncovered_of(wallets: QuerySet[Wallet]) -> list[Cover]:
    """The covers of those of these wallets whose accounts have handed out more than they have, the
    worst first. Three statements, whatever their number: each sum is made once for all, which a
    question per account would make again and again.
    """
    limited = {one.pk: one for one in wallets.filter(is_unlimited=False)}
    if len(limited) <= FEW:
        covers = list(covers_of(limited, counts_unlimited=False).values())
    else:
        covers = _covers_at_once(wallets, limited)
    return worst_first(covers)


def worst_first(covers: Iterable[Cover]) -> list[Cover]:
    """Those that have handed out more than they have."""
    short = [one for one in covers if one.handed_out and one.is_uncovered]
    return sorted(short, key=lambda one: (one.free or _ZERO, one.account_pk))


def _covers_at_once(wallets: QuerySet[Wallet], limited: Mapping[int, Wallet]) -> list[Cover]:
    inside = wallets.values("pk")
    below = _sums(_all_below().filter(account__parent__in=inside), _WORTH, "account__parent")
    cards = _sums(
        CardBatch.objects.filter(account__in=inside), _face_value_out(asked_now()), "account"
    )
    return [
        Cover(pk, one.balance, one.available, below.get(pk, _ZERO) + cards.get(pk, _ZERO))
        for pk, one in limited.items()
    ]


def worth(wallet: Wallet) -> Decimal:
    """What a sub-account counts for in what its agent has handed out."""
    limit = Decimal(0) if wallet.is_unlimited else wallet.credit_limit
    return max(wallet.balance + limit, Decimal(0))


def _all_below() -> Any:
    """The wallets below agents; a closed account spends nothing any more, whatever its limit."""
    return Wallet.objects.exclude(account__status=Account.Status.CLOSED).order_by()


def _below() -> Any:
    return _all_below().filter(account__parent=OuterRef("pk"))


def _mine() -> Any:
    return CardBatch.objects.filter(account=OuterRef("pk")).order_by()


def _unlimited_below() -> Any:
    unlimited = _below().filter(is_unlimited=True)
    return unlimited.values("account__parent").annotate(n=Count("pk")).values("n")


_INTEGER: Any = BigIntegerField()
# As `worth`, in SQL.
_WORTH = Greatest(
    Cast("balance", _INTEGER)
    + Case(
        When(is_unlimited=True, then=Value(0)),
        default=Cast("credit_limit", _INTEGER),
        output_field=_INTEGER,
    ),
    Value(0),
    output_field=_INTEGER,
)


def _face_value_out(now: datetime) -> Any:
    """Of the cards of a batch that are out: what it counts of them, and those with a day of their
    own.
    """
    dated: Any = Card.objects.outstanding_with_own_day(now).filter(batch=OuterRef("pk"))
    counted = dated.order_by().values("batch").annotate(n=Count("pk")).values("n")
    still = Case(
        When(expires_at__lte=now, then=Value(0)), default=F("open_cards"), output_field=_INTEGER
    )
    own = Coalesce(Subquery(counted), Value(0), output_field=_INTEGER)
    return Cast("face_value", _INTEGER) * (still + own)


def _summed(rows: Any, each: Any, by: str) -> Any:
    """The sum of `each` of these rows, for a subquery on the account at `by`."""
    return (
        rows.annotate(each=ExpressionWrapper(each, output_field=_INTEGER))
        .values(by)
        .annotate(n=_TOTAL)
        .values("n")
    )


def _sums(rows: Any, each: Any, by: str) -> dict[int, Decimal]:
    """The same for many accounts at once, by key."""
    found = rows.order_by().annotate(each=ExpressionWrapper(each, output_field=_INTEGER))
    return {
        pk: from_micros(int(n))
        for pk, n in found.values(by).annotate(n=_TOTAL).values_list(by, "n")
    }


# More than fits an integer of the database is handed out by nobody who means it: the sum stops
# there, and no page fails. Whole units and the rest are added apart.
_LARGEST = 4 * 10**12
_TOTAL = ExpressionWrapper(
    Least(Sum(F("each") / MICRO, output_field=_INTEGER), Value(_LARGEST), output_field=_INTEGER)
    * MICRO
    + Sum(F("each") % MICRO, output_field=_INTEGER),
    output_field=_INTEGER,
)


def _money(amounts: Any) -> Any:
    return Coalesce(Subquery(amounts), Value(0), output_field=MoneyField())


def _number(counts: Any) -> Any:
    return Coalesce(Subquery(counts), Value(0), output_field=BigIntegerField())

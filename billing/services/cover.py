"""What an agent has, has handed out below, and may still hand out (docs/domain.md 6).

Read, never stored: a customer's balance and limit, and the cards that are out, are the truth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
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
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils import timezone

from accounts.models import Account
from billing.fields import MoneyField
from billing.models import Card, CardBatch, Wallet


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


def covers_of(account_pks: Iterable[int]) -> dict[int, Cover]:
    """The cover of each of these accounts, by key; those without sub-accounts and cards have handed
    out nothing. One statement, so that a card that is used meanwhile is counted once.
    """
    rows = _with_cover(Wallet.objects.filter(pk__in=sorted(set(account_pks))))
    return {
        one.pk: Cover(
            account_pk=one.pk,
            balance=one.balance,
            available=one.available,
            handed_out=one.below + one.in_cards,
            unlimited_below=one.unlimited_below,
        )
        for one in rows
    }


def cover_of(account_pk: int) -> Cover:
    """As `covers_of`, for one account."""
    return covers_of([account_pk])[account_pk]


def uncovered(wallets: QuerySet[Wallet]) -> QuerySet[Wallet]:
    """Those of these wallets whose accounts have handed out more than they have."""
    integer: Any = BigIntegerField()
    handed_out = Cast("below", integer) + Cast("in_cards", integer)
    available = Cast("balance", integer) + Cast("credit_limit", integer)
    found = _with_cover(wallets.filter(is_unlimited=False)).annotate(
        handed_out=ExpressionWrapper(handed_out, output_field=integer),
        missing=ExpressionWrapper(handed_out - available, output_field=integer),
    )
    return found.filter(handed_out__gt=0, missing__gt=0)


def _with_cover(wallets: QuerySet[Wallet]) -> Any:
    return wallets.annotate(
        below=_sum(_worth_below()),
        unlimited_below=_number(_unlimited_below()),
        in_cards=_sum(_face_value_out()),
    )


def worth(wallet: Wallet) -> Decimal:
    """What a sub-account counts for in what its agent has handed out."""
    limit = Decimal(0) if wallet.is_unlimited else wallet.credit_limit
    return max(wallet.balance + limit, Decimal(0))


def _below() -> Any:
    """The wallets directly below; a closed account spends nothing any more, whatever its limit."""
    direct = Wallet.objects.filter(account__parent=OuterRef("pk"))
    return direct.exclude(account__status=Account.Status.CLOSED).order_by()


def _worth_below() -> Any:
    """As `worth`, in SQL."""
    integer: Any = BigIntegerField()
    limit = Case(
        When(is_unlimited=True, then=Value(0)),
        default=Cast("credit_limit", integer),
        output_field=integer,
    )
    each = Greatest(Cast("balance", integer) + limit, Value(0), output_field=integer)
    return _below().values("account__parent").annotate(n=Sum(each)).values("n")


def _unlimited_below() -> Any:
    unlimited = _below().filter(is_unlimited=True)
    return unlimited.values("account__parent").annotate(n=Count("pk")).values("n")


def _face_value_out() -> Any:
    """Of the cards that are out: what batches count of them, and those with a day of their own."""
    now = timezone.now()
    integer: Any = BigIntegerField()
    dated: Any = Card.objects.outstanding_with_own_day(now).filter(batch=OuterRef("pk"))
    counted = dated.order_by().values("batch").annotate(n=Count("pk")).values("n")
    still = Case(
        When(expires_at__lte=now, then=Value(0)), default=F("open_cards"), output_field=integer
    )
    own = Coalesce(Subquery(counted), Value(0), output_field=integer)
    each = Cast("face_value", integer) * (still + own)
    mine = CardBatch.objects.filter(account=OuterRef("pk")).order_by().values("account")
    return mine.annotate(n=Sum(each, output_field=integer)).values("n")


def _sum(amounts: Any) -> Any:
    return Coalesce(Subquery(amounts), Value(0), output_field=MoneyField())


def _number(counts: Any) -> Any:
    return Coalesce(Subquery(counts), Value(0), output_field=BigIntegerField())

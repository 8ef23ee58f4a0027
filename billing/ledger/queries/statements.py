"""Statements: what an account had, what moved, what it has, for any period. They always reconcile:
opening and movements are one reading of the same entries.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Q, QuerySet, Sum

from accounts.core.models import Account
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.entries import entries_of_account

_ZERO = Decimal(0)


@dataclass(frozen=True)
class KindSum:
    """What the movements of one kind add up to."""

    kind: Transaction.Kind
    count: int
    incoming: Decimal
    outgoing: Decimal

    @property
    def net(self) -> Decimal:
        return self.incoming + self.outgoing


@dataclass(frozen=True)
class Statement:
    """From `begin` until before `end`. `last` is the newest entry it knows: what is posted while
    it is written belongs to none of its figures.
    """

    account: Account
    begin: datetime
    end: datetime
    opening: Decimal
    movements: tuple[KindSum, ...]
    last: int

    @property
    def count(self) -> int:
        return sum(one.count for one in self.movements)

    @property
    def incoming(self) -> Decimal:
        return sum((one.incoming for one in self.movements), _ZERO)

    @property
    def outgoing(self) -> Decimal:
        return sum((one.outgoing for one in self.movements), _ZERO)

    @property
    def closing(self) -> Decimal:
        """The sum of all entries before the end."""
        return self.opening + self.incoming + self.outgoing

    def entries(self) -> QuerySet[Entry]:
        """The entries of the period, oldest first."""
        return (
            entries_of_account(self.account, is_all=False)
            .filter(pk__lte=self.last, at__gte=self.begin, at__lt=self.end)
            .order_by("at", "pk")
        )


def statement_of(account: Account, begin: datetime, end: datetime) -> Statement:
    """The statement of an account that was found within the scope. Two queries."""
    # Entries of one wallet are committed in the order of their keys: its row is locked meanwhile.
    entries = Entry.objects.filter(wallet=account.pk)
    last = entries.aggregate(last=Max("pk"))["last"] or 0
    inside = Q(at__gte=begin)
    rows = (
        entries.filter(pk__lte=last, at__lt=end)
        .order_by()
        .values("transaction__kind")
        .annotate(
            opening=Sum("amount", filter=~inside),
            incoming=Sum("amount", filter=inside & Q(amount__gt=0)),
            outgoing=Sum("amount", filter=inside & Q(amount__lt=0)),
            count=Count("pk", filter=inside),
        )
    )
    sums = {row["transaction__kind"]: row for row in rows}
    movements = tuple(
        KindSum(
            kind,
            sums[kind]["count"],
            sums[kind]["incoming"] or _ZERO,
            sums[kind]["outgoing"] or _ZERO,
        )
        for kind in Transaction.Kind
        if kind in sums and sums[kind]["count"]
    )
    opening = sum((row["opening"] or _ZERO for row in sums.values()), _ZERO)
    return Statement(account, begin, end, opening, movements, last)

"""Movements of calls, of which the charger makes one for each batch, as the few lines people read:
those of a wallet that follow each other on one day are one line, which stands where the last of
them does, with its balance. Sums and files know nothing of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate

from accounts.kit.prepared import Prepared, padded
from billing.ledger.models import Entry, Transaction

_CALL = Transaction.Kind.CALL


@dataclass(frozen=True)
class Run:
    """How many movements a line stands for, and what they add up to."""

    count: int
    amount: Decimal


def folded(entries: QuerySet[Entry], zone: tzinfo, *, last: int | None = None) -> QuerySet[Entry]:
    """Those entries that have a line of their own: all but movements of calls that another one of
    the same wallet follows on the same day of `zone`. `last`: the newest entry there is to be.
    """
    after = Entry.objects.filter(
        wallet=OuterRef(OuterRef("wallet")), pk__gt=OuterRef(OuterRef("pk"))
    )
    if last is not None:
        after = after.filter(pk__lte=last)
    nearest = after.order_by("pk").values("pk")[:1]
    following = Entry.objects.annotate(day=TruncDate("at", tzinfo=zone)).filter(
        pk=Subquery(nearest),
        transaction__kind=_CALL,
        day=OuterRef("day"),
    )
    rows = entries.alias(day=TruncDate("at", tzinfo=zone))
    return rows.exclude(Q(transaction__kind=_CALL) & Exists(following))


def runs(entries: Sequence[Entry], zone: tzinfo) -> dict[int, Run]:
    """What the lines of calls among these stand for, by the key of their entry. One query."""
    lines = [one.pk for one in entries if one.transaction.kind == _CALL]
    found = _RUNS.rows(zone, *padded(lines)) if lines else ()
    return {pk: Run(n, amount) for pk, n, amount in found}


def last_lines(account_pk: int, zone: tzinfo, most: int) -> list[tuple[Entry, Decimal, Decimal]]:
    """The newest lines of an account that was found within the scope, each with what it moved and
    the balance after it. One query: it moved what lies between that and the balance before.
    """
    entries = Entry.objects.filter(wallet=account_pk).select_related("transaction")
    found = list(folded(entries, zone).order_by("-pk")[: most + 1])
    balances = [*(one.balance_after or Decimal(0) for one in found), Decimal(0)]
    lines = zip(found[:most], balances, balances[1:], strict=False)
    return [(one, after - before, after) for one, after, before in lines]


def _runs(zone: tzinfo, *lines: int) -> QuerySet[Entry, Any]:
    before = (
        Entry.objects.filter(wallet=OuterRef("wallet"), pk__lt=OuterRef("pk"))
        .annotate(day=TruncDate("at", tzinfo=zone))
        .exclude(transaction__kind=_CALL, day=OuterRef("day"))
        .order_by("-pk")
        .values("pk")
    )
    members = (
        Entry.objects.filter(
            wallet=OuterRef("wallet"), pk__lte=OuterRef("pk"), pk__gt=OuterRef("before")
        )
        .order_by()
        .values("wallet")
    )
    rows = (
        Entry.objects.filter(pk__among=lines)
        .annotate(day=TruncDate("at", tzinfo=zone))
        .annotate(before=Coalesce(Subquery(before[:1]), 0))
        .annotate(
            moved=Subquery(members.annotate(n=Count("pk")).values("n")),
            total=Subquery(members.annotate(sum=Sum("amount")).values("sum")),
        )
    )
    return rows.values_list("pk", "moved", "total")


_RUNS = Prepared(_runs)

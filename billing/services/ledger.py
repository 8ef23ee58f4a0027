"""The ledger as it is read: entries of wallets within a scope, newest first by their key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from accounts.access import Actor
from accounts.models import Account
from accounts.querysets import in_scope
from accounts.scope import Scope
from billing.models import Entry

# Counted and added up without asking; more than these only on demand.
COUNTED = 10_000


@dataclass(frozen=True)
class Totals:
    """What some entries add up to."""

    count: int
    incoming: Decimal
    outgoing: Decimal

    @property
    def net(self) -> Decimal:
        return self.incoming + self.outgoing


def entries_of(actor: Actor) -> QuerySet[Entry]:
    """The entries of every wallet the actor reaches."""
    if actor.scope.everything:
        return _read().filter(wallet__isnull=False)
    return _read().filter(in_scope(actor.scope, "wallet__account"))


def entries_of_account(account: Account, *, is_all: bool) -> QuerySet[Entry]:
    """The entries of an account that was found within the scope; `is_all`: and of all below it."""
    if is_all:
        return _read().filter(in_scope(Scope.of(account.pk), "wallet__account"))
    return _read().filter(wallet=account.pk)


def _read() -> QuerySet[Entry]:
    return Entry.objects.select_related(
        "wallet__account",
        "transaction__account",
        "transaction__by_account",
        "transaction__login",
        "transaction__reverses",
        "transaction__reversed_by",
    )


def counted(entries: QuerySet[Entry]) -> int:
    """How many there are, exact up to COUNTED and one more for more."""
    return int(entries.order_by()[: COUNTED + 1].count())


def totals(entries: QuerySet[Entry]) -> Totals:
    """Count and sums; the cost grows with the entries."""
    found = entries.order_by().aggregate(
        count=Count("pk"),
        incoming=Sum("amount", filter=Q(amount__gt=0)),
        outgoing=Sum("amount", filter=Q(amount__lt=0)),
    )
    zero = Decimal(0)
    return Totals(found["count"], found["incoming"] or zero, found["outgoing"] or zero)


def other_sides(entries: Iterable[Entry]) -> Mapping[int, list[Entry]]:
    """The other wallets that moved with each of these entries, by the entry's key. One query."""
    mine = list(entries)
    found: dict[int, list[Entry]] = {}
    for side in Entry.objects.filter(
        transaction__in={one.transaction_id for one in mine}, wallet__isnull=False
    ).select_related("wallet__account"):
        found.setdefault(side.transaction_id, []).append(side)
    return {
        one.pk: [side for side in found.get(one.transaction_id, []) if side.pk != one.pk]
        for one in mine
    }

"""The ledger as it is read: entries of wallets within a scope, newest first by their key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import reduce
from heapq import nlargest, nsmallest
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.reach import own_key, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.pagination import BY_KEY, Beside, Page, page_read
from accounts.kit.prepared import Prepared, padded
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.folding import folded
from billing.wallets.models import Wallet

# Counted and added up without asking; more than these only on demand.
COUNTED = 10_000

# So many keys beside a place are looked through for each row before every wallet is asked.
_STRETCH = 40
# Rows read at once where all are wanted; a statement holds a condition for each.
_CHUNK = 250


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
    return Entry.objects.select_related("wallet__account", "transaction__reversed_by")


def shown_entries() -> QuerySet[Entry]:
    """The same with the columns that pages show, a third of all."""
    return _read().only(
        "amount",
        "balance_after",
        "at",
        "wallet__account__account_id",
        *(f"transaction__{name}" for name in _MADE),
        "transaction__reversed_by__id",
    )


# Of a transaction, what a line of a page shows and who may know it follows from.
_MADE = (
    "kind",
    "account",
    "method",
    "reference",
    "memo",
    "login",
    "actor",
    "by_account",
    "reverses",
)


@dataclass(frozen=True)
class Nearest:
    """Finds the keys of the entries within a scope that lie next to a key.

    A database alone either walks past all that is somebody else's or sorts all that is in scope,
    and at a million entries both take seconds for one scope or another. Here the cost is that of a
    few looks into an index per wallet of the scope, wherever in the ledger the place is.

    `narrowed` are the filters of the history, where some are set; `folds`: the zone by whose days
    movements of calls are one line, where they are.
    """

    scope: Scope
    narrowed: Callable[[QuerySet[Entry]], QuerySet[Entry]] | None = None
    folds: tzinfo | None = None

    def __call__(self, beside: int | None, *, down: bool, limit: int) -> list[int]:
        """The keys of the `limit` entries next to the key `beside`, below it or (not `down`) above
        it; None: the newest of all, or the oldest. In no order.
        """
        end, place = _end(beside, down=down, limit=limit), [] if beside is None else [beside]
        if self.narrowed is None:
            shape = _Stretch(self.scope.everything, down, limit, self.folds)
            found = _STRETCH_KEYS.rows(shape, *own_key(self.scope), end, *place)
        else:
            entries = self.narrowed(_lines(self.folds))
            found = list(_stretch(entries, self.scope, down, limit, end, *place))
        if len(found) == limit:
            return [pk for (pk,) in found]
        entries = _lines(self.folds)
        if self.narrowed is not None:
            entries = self.narrowed(entries)
        wallets = Wallet.objects.filter(in_scope(self.scope, "account"))
        return _of_wallets(wallets, past(entries.order_by(), down, *place), down, limit)


class _Stretch(NamedTuple):
    """What the text of the question for the keys of a stretch follows from."""

    everything: bool
    down: bool
    limit: int
    folds: tzinfo | None = None


def _lines(folds: tzinfo | None) -> QuerySet[Entry]:
    entries = Entry.objects.all()
    return entries if folds is None else folded(entries, folds)


def _stretch_keys(shape: _Stretch, *values: int) -> QuerySet[Entry, Any]:
    scope, (end, *place) = scope_and_rest(shape.everything, values)
    return _stretch(_lines(shape.folds), scope, shape.down, shape.limit, end, *place)


def _stretch(
    entries: QuerySet[Entry], scope: Scope, down: bool, limit: int, end: int, *beside: int
) -> QuerySet[Entry, Any]:
    """The keys of the first `limit` of these entries between a place and the end of a stretch."""
    wallets = Wallet.objects.filter(in_scope(scope, "account"))
    # The sum keeps the key's own index out of the sorting of so few.
    key = F("pk") + 0
    stretch = past(entries.order_by(), down, *beside).filter(
        Q(pk__gte=end) if down else Q(pk__lte=end), wallet__in=wallets.values("pk")
    )
    return stretch.order_by(key.desc() if down else key.asc()).values_list("pk")[:limit]


_STRETCH_KEYS = Prepared(_stretch_keys)


def past(entries: QuerySet[Entry], down: bool, *beside: int) -> QuerySet[Entry]:
    """Those below a key, or above it; all of them where there is none."""
    for key in beside:
        entries = entries.filter(Q(pk__lt=key) if down else Q(pk__gt=key))
    return entries


def _of_wallets(
    wallets: QuerySet[Wallet], entries: QuerySet[Entry], down: bool, limit: int
) -> list[int]:
    """The keys of the first `limit` of `entries` that are of these wallets."""
    # They belong to the wallets whose own first entries come first.
    of_wallet = entries.filter(wallet=OuterRef("pk")).order_by("-pk" if down else "pk").values("pk")
    first = F("end").desc(nulls_last=True) if down else F("end").asc(nulls_last=True)
    rows = wallets.annotate(end=Subquery(of_wallet[:1])).order_by(first).values_list("pk", "end")
    firsts = {pk: end for pk, end in rows[:limit] if end is not None}
    if not firsts:
        return []
    # None of them lies behind all of those, if those are enough, nor behind the `limit`th of its
    # own wallet.
    ends = [min(firsts.values()) if down else max(firsts.values())] if len(firsts) == limit else []
    lasts = Wallet.objects.filter(pk__in=firsts).annotate(
        end=Subquery(of_wallet[limit - 1 : limit])
    )
    candidates = entries.filter(
        reduce(
            or_,
            (
                Q(wallet=pk) & _until([*ends, end], down=down)
                for pk, end in lasts.values_list("pk", "end")
            ),
        )
    )
    return (nlargest if down else nsmallest)(limit, candidates.values_list("pk", flat=True))


def _end(beside: int | None, *, down: bool, limit: int) -> int:
    """The last key of a stretch beside a place."""
    length = _STRETCH * limit
    if not down:
        return (beside or 0) + length
    top = max([pk for (pk,) in _NEWEST.rows(())], default=0) + 1
    return (top if beside is None else min(beside, top)) - length


def _newest(_shape: Any) -> QuerySet[Entry, Any]:
    return Entry.objects.order_by("-pk").values_list("pk")[:1]


_NEWEST = Prepared(_newest)


def _until(keys: Iterable[int | None], *, down: bool) -> Q:
    """Not behind the nearest of these keys, as far as they are known."""
    known = [key for key in keys if key is not None]
    if not known:
        return Q()
    return Q(pk__gte=max(known)) if down else Q(pk__lte=min(known))


def page_nearest(nearest: Nearest, *, size: int, cursor: str) -> Page:
    """A page of the entries of a hierarchy, newest first. Raises BadCursor."""

    def read(beside: Beside | None, down: bool, limit: int) -> list[Entry]:
        keys = padded(sorted(nearest(beside and beside[1], down=down, limit=limit)))
        # Those keys are of the scope: asking for it again would begin with every account in it.
        entries: list[Entry] = _OF_KEYS.objects((), *keys) if keys else []
        return sorted(entries, key=lambda one: one.pk, reverse=down)

    return page_read(read, BY_KEY, descending=True, size=size, cursor=cursor)


def _of_keys(_shape: Any, *pks: int) -> QuerySet[Entry]:
    return shown_entries().filter(pk__among=pks).annotate(sort_key=BY_KEY.expression)


_OF_KEYS = Prepared(_of_keys)


def newest_keys(matching: QuerySet[Entry], nearest: Nearest | None, most: int) -> list[int]:
    """The keys of at most so many of `matching`, newest first. `nearest` finds the same ones, where
    they are those of a hierarchy.
    """
    if nearest is None:
        return list(matching.order_by("-pk").values_list("pk", flat=True)[:most])
    keys: list[int] = []
    while len(keys) < most:
        size = min(_CHUNK, most - len(keys))
        some = sorted(nearest(keys[-1] if keys else None, down=True, limit=size), reverse=True)
        keys += some
        if len(some) < size:
            break
    return keys


def entries_still_of(scope: Scope, keys: Sequence[int]) -> list[Entry]:
    """Those of these entries whose accounts lie in the scope, newest first. Two queries: asked in
    one, a database may begin with every account in the scope.
    """
    entries = list(_read().filter(pk__in=keys).order_by("-pk"))
    wallets = Wallet.objects.filter(in_scope(scope, "account"))
    still = set(
        wallets.filter(pk__in={one.wallet_id for one in entries}).values_list("pk", flat=True)
    )
    return [one for one in entries if one.wallet_id in still]


def newest_key(matching: QuerySet[Entry], nearest: Nearest | None) -> int | None:
    """The key of the newest of `matching`; `nearest` as for `newest_keys`."""
    if nearest is not None:
        return next(iter(nearest(None, down=True, limit=1)), None)
    return matching.order_by("-pk").values_list("pk", flat=True).first()


def totals(entries: QuerySet[Entry], *, most: int | None = None) -> Totals:
    """Count and sums, of so many of them at `most`; the cost grows with the entries."""
    found = entries.order_by()[:most].aggregate(
        count=Count("pk"),
        incoming=Sum("amount", filter=Q(amount__gt=0)),
        outgoing=Sum("amount", filter=Q(amount__lt=0)),
    )
    zero = Decimal(0)
    return Totals(found["count"], found["incoming"] or zero, found["outgoing"] or zero)


def payments_between(begin: datetime, end: datetime) -> QuerySet[Entry]:
    """The entries of wallets on the whole platform that payments made between two moments: all but
    those of calls.
    """
    # An entry has the moment of its transaction, by which an index finds it.
    moved = Entry.objects.filter(
        wallet__isnull=False, transaction__at__gte=begin, transaction__at__lt=end
    )
    return moved.exclude(transaction__kind__in=Transaction.OF_CALLS)


# Of the kinds that bring money in, not back.
_PAID_BY = (Transaction.Kind.RECHARGE, Transaction.Kind.OPENING, Transaction.Kind.CARD)


def last_payment(account: Account) -> Entry | None:
    """The newest entry by which money was paid to an account that was read within the scope. One
    query.
    """
    return next(iter(_PAID.objects((), account.pk)), None)


def _paid(_shape: Any, wallet: int) -> QuerySet[Entry]:
    paid = Entry.objects.filter(wallet=wallet, amount__gt=0, transaction__kind__in=_PAID_BY)
    return paid.order_by("-pk")[:1]


_PAID = Prepared(_paid)


class OtherSide(NamedTuple):
    """The account of another wallet that moved with an entry."""

    pk: int
    account_id: str


def other_sides(entries: Iterable[Entry]) -> Mapping[int, list[OtherSide]]:
    """The other wallets that moved with each of these entries, by the entry's key. One query."""
    mine = list(entries)
    sides: dict[int, list[tuple[int, OtherSide]]] = {}
    moved = padded(sorted({one.transaction_id for one in mine}))
    for made, entry, pk, account_id in _SIDES.rows((), *moved) if moved else ():
        sides.setdefault(made, []).append((entry, OtherSide(pk, account_id)))
    return {
        one.pk: [side for entry, side in sides.get(one.transaction_id, []) if entry != one.pk]
        for one in mine
    }


def _sides(_shape: Any, *transactions: int) -> QuerySet[Entry, Any]:
    entries = Entry.objects.filter(transaction__pk__among=transactions, wallet__isnull=False)
    return entries.values_list("transaction", "pk", "wallet", "wallet__account__account_id")


_SIDES = Prepared(_sides)

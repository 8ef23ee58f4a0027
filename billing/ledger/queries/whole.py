"""Whole histories, which no filter narrows: of one account, of all below it, of everybody. Asked by
statements that are made once.
"""

from datetime import tzinfo
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from accounts.core.querysets import in_scope
from accounts.core.reach import own_key, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.pagination import BY_KEY, Beside, Page, page_read
from accounts.kit.prepared import Prepared
from billing.ledger.models import Entry
from billing.ledger.queries.entries import Totals, past, shown_entries
from billing.ledger.queries.folding import folded
from billing.money import from_micros


class _Page(NamedTuple):
    """What the text of the question for lines of one account, or of everybody, follows from."""

    everything: bool
    down: bool
    limit: int
    folds: tzinfo


def page_of_own(scope: Scope, folds: tzinfo, *, size: int, cursor: str) -> Page:
    """A page of all lines of everybody, or of the account that a narrower scope belongs to alone,
    newest first; `folds` as for `Nearest`. Raises BadCursor.
    """

    def read(beside: Beside | None, down: bool, limit: int) -> list[Entry]:
        place = () if beside is None else (beside[1],)
        shape = _Page(scope.everything, down, limit, folds)
        return _LINES.objects(shape, *own_key(scope), *place)

    return page_read(read, BY_KEY, descending=True, size=size, cursor=cursor)


def _lines(shape: _Page, *values: int) -> QuerySet[Entry]:
    scope, place = scope_and_rest(shape.everything, values)
    lines = folded(shown_entries().filter(_of_wallets(scope, with_below=False)), shape.folds)
    ordered = past(lines, shape.down, *place).annotate(sort_key=BY_KEY.expression)
    return ordered.order_by("-pk" if shape.down else "pk")[: shape.limit]


def _of_wallets(scope: Scope, *, with_below: bool) -> Q:
    """A condition for the entries of everybody, or of a scope's account; `with_below`: and of all
    below it.
    """
    if scope.everything:
        return Q(wallet__isnull=False)
    return in_scope(scope, "wallet__account") if with_below else Q(wallet=scope.account_pk)


_LINES = Prepared(_lines)


class _Summed(NamedTuple):
    """What the text of a sum follows from: whose entries, and how many of them at most."""

    everything: bool
    with_below: bool
    most: int


def totals_of_all(scope: Scope, *, with_below: bool, most: int) -> Totals:
    """Count and sums of all entries of everybody, or of the account that a narrower scope belongs
    to; `with_below`: and of all below it. Of so many at `most`. One query.
    """
    shape = _Summed(scope.everything, with_below, most)
    ((count, incoming, outgoing),) = _SUMMED.rows(shape, *own_key(scope))
    return Totals(count, from_micros(int(incoming or 0)), from_micros(int(outgoing or 0)))


def _summed(shape: _Summed, *own: int) -> QuerySet[Entry, Any]:
    scope, _rest = scope_and_rest(shape.everything, own)
    entries = Entry.objects.filter(_of_wallets(scope, with_below=shape.with_below))
    return entries.order_by().values_list("amount")[: shape.most]


_SUMMED = Prepared(
    _summed,
    around="SELECT COUNT(*), SUM(CASE WHEN amount > 0 THEN amount END),"
    " SUM(CASE WHEN amount < 0 THEN amount END) FROM ({}) AS moved",
)

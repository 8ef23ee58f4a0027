"""The only door to account data: querysets narrowed to a scope, and the way up from an account.

`within` compares with subqueries on the scope's own row, so that boundaries and rows come from one
statement and a tree that grows in between can never widen a list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from django.apps import apps
from django.db import connection, models
from django.db.models import CharField, F, Field, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from mptt.querysets import TreeQuerySet

from accounts.core.authorizations import Authorization, Codes
from accounts.core.scope import Scope
from accounts.kit import lookups as _lookups  # noqa: F401 - registers how text is searched for
from accounts.kit.among import Among
from accounts.kit.errors import NotInScope
from accounts.kit.prepared import Prepared
from accounts.kit.private_doors import FollowedQuerySet
from accounts.kit.text import name_key

# `account_id__lower=…` uses the unique index on LOWER(account_id), which `iexact` does not.
CharField.register_lookup(Lower)
Field.register_lookup(Among)

# Deeper than any permitted tree; stops the walk up if a planted cycle exists.
MAX_STEPS_UP = 64


def in_branches(accounts: Sequence[Any]) -> Q:
    """A condition for what has an `account`: it is one of these accounts, or lies below one."""
    found = Q(pk__in=())
    for one in accounts:
        found |= Q(account__tree_id=one.tree_id, account__lft__range=(one.lft, one.rght))
    return found


def in_scope(scope: Scope, path: str = "") -> Q:
    """A condition for any model: the account at `path` ("" = the model is Account) lies within
    `scope`.
    """
    prefix = f"{path}__" if path else ""
    if scope.everything:
        return Q()
    if scope.account_pk is None:
        return Q(pk__in=())
    own = apps.get_model("accounts", "Account")._base_manager.filter(pk=scope.account_pk)
    return Q(
        **{
            f"{prefix}tree_id": Subquery(own.values("tree_id")),
            f"{prefix}lft__gte": Subquery(own.values("lft")),
            f"{prefix}lft__lt": Subquery(own.values("rght")),
        }
    )


class AccountQuerySet(FollowedQuerySet, TreeQuerySet):
    """Accounts. Every list, search, export, count and choice starts with `within`."""

    # The scope the rows were narrowed to, written on each of them as `reached_by`: whoever asks
    # for a permission on such a row needs no query to know that it lies within the scope.
    _reached_by: Scope = Scope.NOTHING

    def within(self, scope: Scope) -> Self:
        """The accounts `scope` reaches; none for an empty scope."""
        narrowed = self.filter(in_scope(scope))
        narrowed._reached_by = scope
        return narrowed

    def reached(self, pk: int) -> Any:
        """The account with this key, of those that were narrowed to a scope. Raises NotInScope: it
        may have moved away since the statement before.
        """
        found = self.filter(pk=pk).first()
        if found is None:
            raise NotInScope
        return found

    def _copied(self, copy: Self) -> None:
        copy._reached_by = self._reached_by

    def _rows_read(self, rows: Sequence[Any]) -> None:
        if not self._reached_by.is_empty:
            for one in rows:
                if isinstance(one, self.model):
                    one.reached_by = self._reached_by

    def _combined(self, combined: Any) -> Any:
        # Rows of the other side were not narrowed to this scope.
        combined._reached_by = Scope.NOTHING
        return combined

    def __or__(self, other: Any) -> Any:
        return self._combined(super().__or__(other))

    def __xor__(self, other: Any) -> Any:
        return self._combined(super().__xor__(other))

    def union(self, *others: Any, all: bool = False) -> Any:
        return self._combined(super().union(*others, all=all))

    def below(self, account_pk: int) -> Self:
        """All descendants of an account, not itself (list mode All)."""
        return self.filter(in_scope(Scope.of(account_pk))).exclude(pk=account_pk)

    def directly_below(self, account_pk: int) -> Self:
        """First-level sub-accounts (list mode Direct)."""
        return self.filter(parent_id=account_pk)

    def agents(self) -> Self:
        """Accounts with at least one sub-account: category Agent."""
        return self.filter(rght__gt=F("lft") + 1)

    def ordinary(self) -> Self:
        """Accounts without sub-accounts: category Account."""
        return self.filter(rght=F("lft") + 1)

    def matching(self, text: str) -> Self:
        """Account id or name contains `text`, however it is typed."""
        return self.filter(Q(account_id__icontains=text) | Q(name__icontains=text))

    def called(self, account_id: str) -> Self:
        """The account with this account id, in any case."""
        return self.filter(account_id__lower=name_key(account_id))

    def called_any(self, account_ids: Iterable[str]) -> Self:
        """The accounts with these account ids, in any case."""
        return self.filter(account_id__lower__in={name_key(one) for one in account_ids})

    def stopped_here(self, now: datetime | None = None) -> Self:
        """Locked, closed or expired themselves (whatever the levels above are)."""
        return self.filter(_stopped(now or timezone.now()))

    def stopped_above(self, now: datetime | None = None) -> Self:
        """Blocked by at least one level above."""
        return self.filter(_stopped_above(now or timezone.now()))

    def stopped(self, now: datetime | None = None) -> Self:
        """Those that are not running: stopped themselves or by a level above."""
        return self.filter(_stopped_anyhow(now or timezone.now()))

    def running(self, now: datetime | None = None) -> Self:
        """Active, unexpired, and every level above as well."""
        now = now or timezone.now()
        return self.exclude(_stopped(now)).exclude(_stopped_above(now))

    def with_direct_counts(self) -> Self:
        """Annotate `direct_count`, the number of first-level sub-accounts."""
        children = (
            self.model._base_manager.filter(parent_id=OuterRef("pk"))
            .order_by()
            .values("parent_id")
            .annotate(n=models.Count("pk"))
            .values("n")
        )
        return self.annotate(
            direct_count=Coalesce(Subquery(children, output_field=models.IntegerField()), 0)
        )

    def in_tree_order(self) -> Self:
        """As the hierarchy nests: agents before their sub-accounts."""
        return self.order_by("tree_id", "lft")


def _stopped(now: datetime) -> Q:
    return ~Q(status="active") | Q(valid_until__lte=now)


def _stopped_above(now: datetime) -> Q:
    """Below a locked, closed or expired agent."""
    return Q(pk__in=_of_stops("SELECT id FROM blocked", now))


def _stopped_anyhow(now: datetime) -> Q:
    """Locked, closed or expired, or below such an agent."""
    return Q(pk__in=_of_stops("SELECT id FROM blocked UNION SELECT id FROM stop", now))


def _of_stops(wanted: str, now: datetime) -> RawSQL:
    """Keys of accounts, from `stop`, those that are stopped themselves, and `blocked`, those below
    one.

    Starts from the few stopped accounts, each kind by its own index, and walks down their
    boundaries, once; asking every row for its ancestors instead costs the product of both, and
    takes seconds.
    """
    table = _table("Account")
    columns = "id, tree_id, lft, rght"
    return RawSQL(  # noqa: S611 - the texts are the model's table name and our own words.
        f"""
        WITH stop ({columns}) AS MATERIALIZED (
            SELECT {columns} FROM {table} WHERE status <> %s
            UNION SELECT {columns} FROM {table} WHERE valid_until <= %s
        ), blocked (id) AS MATERIALIZED (
            SELECT below.id FROM stop JOIN {table} below
                ON below.tree_id = stop.tree_id AND below.lft > stop.lft AND below.lft < stop.rght
            WHERE stop.rght > stop.lft + 1
        ) {wanted}
        """,  # noqa: S608
        ["active", connection.ops.adapt_datetimefield_value(now)],
    )


def _table(model: str, app: str = "accounts") -> str:
    return connection.ops.quote_name(apps.get_model(app, model)._meta.db_table)


@dataclass(frozen=True)
class ChainLink:
    """One level of the way from the root to an account."""

    pk: int
    account_id: str
    name: str
    status: str
    valid_until: datetime | None
    parent_pk: int | None
    time_zone: str = "UTC"
    # Whether anything stands below it.
    is_agent: bool = False

    def is_stopped(self, now: datetime | None = None) -> bool:
        """Locked, closed or expired."""
        return self.status != "active" or (
            self.valid_until is not None and self.valid_until <= (now or timezone.now())
        )


def chains(account_pks: Iterable[int]) -> dict[int, tuple[ChainLink, ...]]:
    """The way from the root down to each account, the account itself last. One statement for all of
    them.

    Walks the parent links, whose cost is the depth; ancestors by boundaries cost the size of the
    tree. Unknown keys are absent from the answer.
    """
    pks = sorted({int(pk) for pk in account_pks})
    if not pks:
        return {}
    # Many have the same agents: those are walked through and read once for all of them.
    table, marks = _table("Account"), ", ".join(["%s"] * len(pks))
    sql = f"""
        WITH RECURSIVE way ({_LINK}) AS (
            SELECT {LINK_COLUMNS} FROM {table} one WHERE one.id IN ({marks})
            UNION
            SELECT {LINK_COLUMNS} FROM {table} one JOIN way ON one.id = way.parent_id
        )
        SELECT {_LINK} FROM way
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, pks)
        links = {row[0]: link_of(row) for row in cursor.fetchall()}
    return {pk: _upwards(pk, links) for pk in pks if pk in links}


def _upwards(pk: int, links: Mapping[int, ChainLink]) -> tuple[ChainLink, ...]:
    found: list[ChainLink] = []
    link = links.get(pk)
    while link is not None and len(found) <= MAX_STEPS_UP:
        found.append(link)
        link = links.get(link.parent_pk or 0)
    return tuple(reversed(found))


def chain_and_grants(account_pk: int) -> tuple[tuple[ChainLink, ...], dict[int, Codes]]:
    """The way from the root down to an account, and what was granted along it, as `chains` and
    `grants_of` say it; nothing for an unknown key. One statement.
    """
    marks = ", ".join(["%s"] * len(Authorization))
    sql = f"""
        {_way()}
        SELECT code.codename, {LINK_COLUMNS}
        FROM way JOIN {_table("Account")} one ON one.id = way.id
        LEFT JOIN (
            SELECT granted.content_object_id, permission.codename
            FROM {_table("AccountGrant")} granted
            JOIN {_table("Permission", "auth")} permission ON permission.id = granted.permission_id
            WHERE permission.codename IN ({marks})
        ) code ON code.content_object_id = one.id
        ORDER BY way.step DESC
    """  # noqa: S608
    links: dict[int, ChainLink] = {}
    held: dict[int, set[Authorization]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, [account_pk, *(one.value for one in Authorization)])
        for code, pk, *rest in cursor.fetchall():
            if pk not in links:
                links[pk] = link_of([pk, *rest])
            if code is not None:
                held.setdefault(pk, set()).add(Authorization(code))
    return tuple(links.values()), {pk: frozenset(codes) for pk, codes in held.items()}


# Of a level of the way, where `one` is its account.
LINK_COLUMNS = (
    "one.id, one.account_id, one.name, one.status, one.valid_until, one.parent_id, one.time_zone,"
    " one.rght > one.lft + 1"
)
# The same as columns of `way`.
_LINK = "id, account_id, name, status, valid_until, parent_id, time_zone, is_agent"


def link_of(columns: Sequence[Any]) -> ChainLink:
    """The level that `LINK_COLUMNS` say."""
    pk, account_id, name, status, until, parent_pk, zone, is_agent = columns
    return ChainLink(pk, account_id, name, status, _aware(until), parent_pk, zone, bool(is_agent))


def _way() -> str:
    """`way`, which walks up from an account. The table's name comes from the model and the mark is
    a placeholder: nothing of a request is in the text.
    """
    table = _table("Account")
    return f"""
        WITH RECURSIVE way (id, parent_id, step) AS (
            SELECT id, parent_id, 0 FROM {table} WHERE id = %s
            UNION ALL
            SELECT above.id, above.parent_id, way.step + 1
            FROM {table} above JOIN way ON above.id = way.parent_id
            WHERE way.step < {MAX_STEPS_UP}
        )
    """  # noqa: S608


def grants_of(account_pks: Iterable[int]) -> dict[int, Codes]:
    """What was granted to each of these accounts, whether it counts or not. One statement.

    Accounts without a grant are absent from the answer.
    """
    found: dict[int, set[Authorization]] = {}
    for pk, code in _GRANTS.rows((), *account_pks):
        found.setdefault(pk, set()).add(Authorization(code))
    return {pk: frozenset(codes) for pk, codes in found.items()}


def _grants(_shape: Any, *account_pks: int) -> Any:
    rows = apps.get_model("accounts", "AccountGrant").objects.filter(
        content_object__in=account_pks, permission__codename__in=list(Authorization)
    )
    return rows.values_list("content_object_id", "permission__codename")


_GRANTS = Prepared(_grants)


def _aware(value: Any) -> datetime | None:
    """SQLite hands raw timestamps over as text in UTC; PostgreSQL as aware datetimes."""
    if isinstance(value, str):
        value = parse_datetime(value)
    if value is not None and timezone.is_naive(value):
        value = value.replace(tzinfo=UTC)
    return value

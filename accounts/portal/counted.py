"""How many of something each account of a list has: columns whose figures lead to them.

A page of accounts is read together with these figures (`with_counts`), so that they take no query
of their own; an export, which reads accounts in chunks, counts each chunk in one statement.
Whatever belongs to an account and is counted joins both: its package registers it as `counted`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.scope import Scope
from accounts.kit.addresses import address_of
from accounts.kit.markup import format_html
from accounts.portal.registry import AccountColumn, Counted, registry


@dataclass(frozen=True)
class Counts:
    """The figures of one account, by kind."""

    account_id: str
    by_kind: Mapping[str, int]


def with_counts(accounts: AccountQuerySet, names: Iterable[str], scope: Scope) -> AccountQuerySet:
    """The accounts, read together with the figures of those of the columns `names` that count, for
    who has this scope.
    """
    wanted = set(names)
    counted = {
        _attribute(one): _counted(one, scope) for one in registry.counted if one.name in wanted
    }
    return accounts.annotate(**counted)


def _attribute(kind: Counted) -> str:
    return f"counted_{kind.name}"


def _counted(kind: Counted, scope: Scope) -> Any:
    """How many rows of the kind the account of the row has."""
    own = kind.rows(scope).filter(account=OuterRef("pk")).order_by().values("account")
    counted = Subquery(own.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return Coalesce(counted, Value(0))


def _prepare(actor: Actor, accounts: Sequence[Account]) -> Mapping[int, Counts]:
    """The figures of some accounts; one statement, and none where they were read with them."""
    read = [
        kind for kind in registry.counted if all(hasattr(one, _attribute(kind)) for one in accounts)
    ]
    if read:
        return {
            one.pk: Counts(
                one.account_id, {kind.name: getattr(one, _attribute(kind)) for kind in read}
            )
            for one in accounts
        }
    pks = [one.pk for one in accounts]
    first, *rest = (
        kind.rows(actor.scope)
        .filter(account__in=pks)
        .order_by()
        .values_list("account", Value(kind.name))
        .annotate(rows_counted=Count("pk"))
        for kind in registry.counted
    )
    figures: dict[int, dict[str, int]] = {pk: {} for pk in pks}
    for pk, name, count in first.union(*rest, all=True) if rest else first:
        figures[pk][name] = count
    return {one.pk: Counts(one.account_id, figures[one.pk]) for one in accounts}


def counted_column(kind: Counted) -> AccountColumn:
    """The column of what a package registers as counted."""

    def value(counts: Counts) -> int:
        return counts.by_kind.get(kind.name, 0)

    def cell(counts: Counts) -> str:
        count = value(counts)
        if not count:
            return format_html('<span class="nil">{}</span>', 0)
        return format_html(
            '<a class="cell-link" href="{}" aria-label="{}">{}</a>',
            address_of(kind.page, counts.account_id),
            _(kind.words) % {"count": count, "account": counts.account_id},
            number_format(count, force_grouping=True),
        )

    return AccountColumn(
        kind.name,
        kind.label,
        _prepare,
        value,
        cell=cell,
        # As anybody may count: the order is the same for all.
        sort=_counted(kind, Scope.NOTHING),
        is_number=True,
        is_default=False,
    )

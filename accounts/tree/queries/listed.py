"""What the lists of accounts are about, and the first page where nothing narrows them."""

from typing import NamedTuple

from django.db.models import QuerySet

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import own_key, reached_by, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.pagination import Beside, Page, SortKey, in_order, page_read
from accounts.kit.prepared import Prepared


def listed(accounts: AccountQuerySet, subject_pk: int | None, *, is_all: bool) -> AccountQuerySet:
    """Those of the accounts that the list of this one holds, each with its detail; None: the
    platform's list.
    """
    accounts = accounts.select_related("detail")
    if subject_pk is None:
        return accounts if is_all else accounts.filter(parent=None)
    return accounts.below(subject_pk) if is_all else accounts.directly_below(subject_pk)


def listed_in(scope: Scope, subject_pk: int | None, *, is_all: bool) -> AccountQuerySet:
    """The same of all accounts in a scope."""
    return listed(Account.objects.within(scope), subject_pk, is_all=is_all)


class _First(NamedTuple):
    """What the text of the question for a first page follows from."""

    everything: bool
    is_of_one: bool
    is_all: bool
    key: SortKey
    limit: int


def first_page(
    actor: Actor, subject: Account | None, key: SortKey, *, is_all: bool, size: int
) -> Page:
    """The first page of what is listed of the actor's accounts, ascending by this key. One query.
    Places further on are none of the statement's values: an account's place in its tree is a small
    number, which what stands in for a value is not.
    """
    of_one = () if subject is None else (subject.pk,)

    def read(_beside: Beside | None, _down: bool, limit: int) -> list[Account]:
        shape = _First(actor.scope.everything, subject is not None, is_all, key, limit)
        return reached_by(actor.scope, _FIRST.objects(shape, *own_key(actor.scope), *of_one))

    return page_read(read, key, descending=False, size=size)


def _first(shape: _First, *values: int) -> QuerySet[Account]:
    scope, rest = scope_and_rest(shape.everything, values)
    rows = listed_in(scope, rest[0] if shape.is_of_one else None, is_all=shape.is_all)
    return in_order(rows, shape.key, down=False)[: shape.limit]


_FIRST = Prepared(_first)

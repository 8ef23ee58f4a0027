"""How much the views of lists of accounts hold, asked by a statement that is made once."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import own_key, scope_and_rest
from accounts.kit.counting import counted_rows
from accounts.kit.prepared import Prepared
from accounts.portal.filters import first_found
from accounts.tree.filters import AccountFilter
from accounts.tree.queries.listed import listed_in


class _Views(NamedTuple):
    """What the text of the question for counts of views follows from: what each asks for."""

    everything: bool
    is_of_one: bool
    is_all: bool
    asked: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    most: int


def views_counted(
    actor: Actor,
    subject: Account | None,
    asked: Mapping[str, Mapping[str, str]],
    *,
    is_all: bool,
    most: int,
) -> dict[str, int]:
    """How many accounts steady views of a list hold by what they ask for, counted as far as that.
    One query.
    """
    of_views = tuple((name, tuple(one.items())) for name, one in asked.items())
    shape = _Views(actor.scope.everything, subject is not None, is_all, of_views, most)
    of_one = () if subject is None else (subject.pk,)
    found = _OF_VIEWS.rows(shape, *own_key(actor.scope), *of_one)
    return {**dict.fromkeys(asked, 0), **dict(found)}


def _of_views(shape: _Views, *values: int) -> QuerySet[Any, Any]:
    scope, rest = scope_and_rest(shape.everything, values)
    subject_pk = rest[0] if shape.is_of_one else None
    rows = listed_in(scope, subject_pk, is_all=shape.is_all)
    return counted_rows(
        **{
            # Whoever asks, and when: of steady views that makes no difference.
            name: first_found(_filter(asks, rows), rows, dict(asks), shape.most)
            for name, asks in shape.asked
        }
    )


def _filter(asks: tuple[tuple[str, str], ...], rows: AccountQuerySet) -> AccountFilter:
    return AccountFilter(QueryDict(urlencode(asks)), queryset=rows)


_OF_VIEWS = Prepared(_of_views)

"""What lies right below an account, counted for the head of its list."""

from typing import Any

from django.db.models import QuerySet

from accounts.core.models import Account, User
from accounts.core.reach import own_key, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.counting import counted_rows
from accounts.kit.prepared import Prepared
from accounts.portal.registry import registry


def counts_below(scope: Scope, account_pk: int) -> dict[str, int]:
    """How many direct sub-accounts within the scope an account has that lies there, how many
    logins, and of what packages have a notice for. One query.
    """
    notices = tuple(one.name for one in registry.list_notices)
    found = _BELOW.rows((scope.everything, notices), *own_key(scope), account_pk)
    return {**dict.fromkeys(("direct", "logins", *notices), 0), **dict(found)}


def _below(shape: tuple[bool, tuple[str, ...]], *values: int) -> QuerySet[Any, Any]:
    everything, names = shape
    scope, (account_pk,) = scope_and_rest(everything, values)
    notices = {one.name: one.rows for one in registry.list_notices}
    return counted_rows(
        direct=Account.objects.within(scope).directly_below(account_pk),
        logins=User.objects.filter(account=account_pk),
        **{name: notices[name](scope, account_pk) for name in names},
    )


_BELOW = Prepared(_below)

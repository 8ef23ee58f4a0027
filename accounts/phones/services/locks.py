"""Reading phones again, and whose they are, under the lock of the trees their accounts stand in.

The lock keeps an account from being closed or moved while it gets a phone; rows of phones are
locked after it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from django.utils.translation import gettext as _

from accounts.core.actor import Actor, require, require_each
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Clash, NotInScope
from accounts.phones.models import Phone

T = TypeVar("T")


def in_locked_account(actor: Actor, account: Account, work: Callable[[Actor, Account], T]) -> T:
    """Run `work` with the fresh actor and the fresh account, which may be given phones.

    Raises Refused for a closed account, NotInScope, NotAllowed, Busy.
    """

    def inner(fresh: dict[int, Account]) -> T:
        nonlocal actor, account
        account = fresh[account.pk]
        actor = require(actor, Authorization.MANAGE_PHONE, account)
        refuse_closed(account)
        return work(actor, account)

    return in_locked_trees(inner, touching=[account.pk])


def in_locked_phones(
    actor: Actor,
    phones: Iterable[Phone],
    work: Callable[[Actor, list[Phone], dict[int, Account]], T],
    *,
    also: Sequence[Account] = (),
) -> T:
    """Run `work` with the fresh actor, the phones as they are now, and their accounts by key.
    `also` are further accounts the phones may go to.

    Raises Refused for a closed account, NotInScope for a phone that is gone or out of reach, Clash
    for one that was moved at this moment, NotAllowed, Busy.
    """
    pks = sorted({one.pk for one in phones})
    accounts = set(Phone.objects.filter(pk__in=pks).values_list("account_id", flat=True))

    def inner(fresh: dict[int, Account]) -> T:
        nonlocal actor
        rows = list(Phone.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
        if len(rows) != len(pks):
            raise NotInScope(_("There is no such phone."))
        if not {one.account_id for one in rows} <= set(fresh):
            raise Clash(_("Somebody moved a phone at this moment."), code="changed_meanwhile")
        actor = require_each(actor, Authorization.MANAGE_PHONE, list(fresh.values()))
        for account in fresh.values():
            refuse_closed(account)
        for row in rows:
            row.account = fresh[row.account_id]
        return work(actor, rows, fresh)

    return in_locked_trees(inner, touching=[*accounts, *(one.pk for one in also)])

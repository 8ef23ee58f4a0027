"""The deeds that can be done to many accounts at once, as data for the page that confirms them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.tree.services.accounts import accounts_set_status
from accounts.tree.services.moving import MovePlan, accounts_move, move_preview


@dataclass(frozen=True)
class Skipped:
    """An account the deed leaves alone, and why."""

    account: Account
    reason: str


@dataclass(frozen=True)
class Check:
    """What a deed would do to the selected accounts."""

    changing: Sequence[Account]
    skipped: Sequence[Skipped] = ()
    effect: str = ""
    plan: MovePlan | None = None


@dataclass(frozen=True)
class Deed:
    """`title` and `done` are sentences about a number of accounts (see `count`). `check` and
    `carry_out` get the actor, the accounts and the new agent (None where the deed asks for none);
    `carry_out` the reason as well.
    """

    name: str
    heading: Any
    title: Any
    done: Any
    most: int
    check: Callable[[Actor, Sequence[Account], Account | None], Check]
    carry_out: Callable[[Actor, Sequence[Account], Account | None, str], object]
    asks_agent: bool = field(default=False, kw_only=True)
    is_dangerous: bool = field(default=False, kw_only=True)


def count(sentence: Any, accounts: Sequence[Account], agent: Account | None) -> str:
    """One of the sentences of a deed with its number of accounts."""
    number = len(accounts)
    grouped = number_format(number, force_grouping=True)
    return str(sentence % {"number": number, "count": grouped, "agent": agent})


def _check_status(
    actor: Actor, accounts: Sequence[Account], _agent: Account | None, *, locked: bool
) -> Check:
    wanted = Account.Status.LOCKED if locked else Account.Status.ACTIVE
    already = _("It is locked already.") if locked else _("It is not locked.")
    changing = []
    skipped = []
    for one in accounts:
        if one.status == Account.Status.CLOSED:
            skipped.append(Skipped(one, _("It is closed.")))
        elif one.status == wanted:
            skipped.append(Skipped(one, already))
        else:
            changing.append(one)
    return Check(changing, skipped, _status_effect(changing, locked))


def _status_effect(changing: Sequence[Account], locked: bool) -> str:
    if not locked:
        return _("They operate again, unless they have expired or a level above is locked.")
    if any(one.is_agent for one in changing):
        return _(
            "No calls and no operations for them and for everything below them; people may "
            "still sign in to see why."
        )
    return _("No calls and no operations; people may still sign in to see why.")


def _set_status(
    actor: Actor, accounts: Sequence[Account], _agent: Account | None, reason: str, *, locked: bool
) -> object:
    return accounts_set_status(actor=actor, accounts=accounts, locked=locked, reason=reason)


def _check_move(actor: Actor, accounts: Sequence[Account], agent: Account | None) -> Check:
    plan = move_preview(actor=actor, accounts=accounts, parent=agent)
    moves = sorted(plan.moves, key=lambda one: one.account.account_id)
    changing = [one.account for one in moves if one.refusal is None]
    skipped = [Skipped(one.account, str(one.refusal.message)) for one in moves if one.refusal]
    return Check(changing, skipped, plan=plan)


def _move(actor: Actor, accounts: Sequence[Account], agent: Account | None, reason: str) -> object:
    return accounts_move(actor=actor, accounts=accounts, parent=agent, reason=reason)


_LOCK = Deed(
    "lock",
    gettext_lazy("Lock accounts"),
    ngettext_lazy("Lock %(count)s account", "Lock %(count)s accounts", "number"),
    ngettext_lazy("%(count)s account was locked.", "%(count)s accounts were locked.", "number"),
    10_000,
    partial(_check_status, locked=True),
    partial(_set_status, locked=True),
    is_dangerous=True,
)
_UNLOCK = Deed(
    "unlock",
    gettext_lazy("Unlock accounts"),
    ngettext_lazy("Unlock %(count)s account", "Unlock %(count)s accounts", "number"),
    ngettext_lazy("%(count)s account was unlocked.", "%(count)s accounts were unlocked.", "number"),
    10_000,
    partial(_check_status, locked=False),
    partial(_set_status, locked=False),
)
_MOVE = Deed(
    "move",
    gettext_lazy("Move to another agent"),
    ngettext_lazy(
        "Move %(count)s account to %(agent)s", "Move %(count)s accounts to %(agent)s", "number"
    ),
    ngettext_lazy(
        "%(count)s account was moved to %(agent)s.",
        "%(count)s accounts were moved to %(agent)s.",
        "number",
    ),
    500,
    _check_move,
    _move,
    asks_agent=True,
)
DEEDS = {deed.name: deed for deed in (_LOCK, _UNLOCK, _MOVE)}

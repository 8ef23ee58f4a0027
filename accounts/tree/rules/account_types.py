"""Which type an account may be of (docs/domain.md 1): only general accounts have sub-accounts;
clearing accounts, the carriers we owe, stand at the top level and are administrators'.
"""

from typing import Any

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.portal.registry import registry

_CLEARING = Account.Type.CLEARING


def types_for(actor: Actor, account: Account | None) -> list[tuple[str, Any]]:
    """The types that `actor` may choose, with their labels. `account` is the one that is changed,
    or None for a new one; a new one's place is chosen in the same form.
    """
    if account is not None and account.type == _CLEARING and not actor.is_administrator:
        return [(_CLEARING.value, _CLEARING.label)]
    is_possible = actor.is_administrator and (account is None or account.parent_id is None)
    offered = is_possible or (account is not None and account.type == _CLEARING)
    return [one for one in Account.Type.choices if one[0] != _CLEARING or offered]


def types_words(actor: Actor, account: Account | None) -> str:
    """What stands beside the types: why one of them cannot be chosen."""
    if account is not None and account.type == _CLEARING and not actor.is_administrator:
        return _("A clearing account: only administrators give it another type.")
    general = _("Only general accounts can have sub-accounts.")
    if not actor.is_administrator:
        clearing = _("Clearing accounts are made by administrators, at the top level.")
    elif account is None:
        clearing = _("A clearing account stands at the top level: its Agent ID stays empty.")
    else:
        clearing = _("Only an account at the top level can be a clearing account.")
    return f"{general} {clearing}"


def check_new_type(actor: Actor, account: Account) -> None:
    """Raise Refused if `actor` may not make an account of this type at this place."""
    if account.type == _CLEARING:
        _check_clearing(actor, account)


def check_change_of_type(actor: Actor, account: Account, type: str) -> None:
    """Raise Refused if `actor` may not turn the account into one of this type. One that stays as it
    is stands against nothing, wherever it is.
    """
    if type == account.type:
        return
    if type != Account.Type.GENERAL and account.is_agent:
        raise Refused(
            _("Only general accounts may have sub-accounts, and this one has some."),
            code="type_with_sub_accounts",
            field="type",
        )
    if type == _CLEARING:
        _check_clearing(actor, account)
    elif account.type == _CLEARING:
        _check_administrator(actor)
    for check in registry.type_checks:
        check(account, type)


def check_may_stand_below(account: Account) -> None:
    """Raise Refused if an account of this type cannot have an agent."""
    if account.type == _CLEARING:
        raise Refused(
            _("%(account)s is a clearing account: these stand at the top level.")
            % {"account": account.account_id},
            code="clearing_below",
            field="parent",
        )


def _check_clearing(actor: Actor, account: Account) -> None:
    _check_administrator(actor)
    if account.parent_id is not None:
        raise Refused(
            _("Clearing accounts stand at the top level; this one has an agent."),
            code="clearing_below",
            field="type",
        )


def _check_administrator(actor: Actor) -> None:
    """An operator's permissions open the admin's form, but make nobody an administrator."""
    if not actor.is_administrator:
        raise Refused(
            _("Clearing accounts are kept by administrators, at the top level."),
            code="clearing_administrators",
            field="type",
        )

"""Whoever gets into a login holds its account: what operators may not do to the logins of accounts
that hold an authorization (docs/domain.md 1).

Whatever is asked here is asked under the lock of the account's tree, as grants are written: a login
cannot be opened at the moment in which its account comes to hold something.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account, AccountGrant, User
from accounts.kit.errors import Refused

# So long a login must have had an address before an operator sends a way in there.
ADDRESS_RESTS = timedelta(hours=72)


def check_may_make_login(actor: Actor, account: Account) -> None:
    """Raise Refused (field `account`) where an operator would make a login of such an account."""
    if is_shut(actor, account.pk):
        raise _refused(
            _(
                "%(account)s holds authorizations: its logins are made by administrators and by"
                " the agents above it."
            ),
            account.account_id,
            "account",
        )


def check_may_change_address(actor: Actor, login: User) -> None:
    """Raise Refused (field `email`) where an operator would change an address of such a login."""
    if is_shut(actor, login.account_id):
        raise _refused(
            _(
                "%(account)s holds authorizations: the addresses of its logins are changed by"
                " administrators and by the agents above it."
            ),
            _account_of(login),
            "email",
        )


def check_may_let_in_again(actor: Actor, login: User) -> None:
    """Raise Refused where an operator would unlock such a login: somebody may know its password."""
    if is_shut(actor, login.account_id):
        raise _refused(
            _(
                "%(account)s holds authorizations: its logins are unlocked by administrators and"
                " by the agents above it."
            ),
            _account_of(login),
        )


def check_may_reset(
    actor: Actor, login: User, *, by_mail: bool, remove_second_factor: bool
) -> None:
    """Raise Refused where a reset of such a login would be mailed to an address that an operator
    set; and where an operator would reset it other than to an address it has had for 72 hours,
    would take its second factor, or would let in again what an operator opened.
    """
    goes_to_operator = _goes_to_operators_address(login, by_mail=by_mail)
    if goes_to_operator and _holds_something(login.account_id):
        raise _refused(
            _(
                "%(account)s holds authorizations, and an operator set the address of this login:"
                " nothing is mailed there that lets somebody in. Reset it with a one-time code, or"
                " set its address first."
            ),
            _account_of(login),
            "by_mail",
        )
    if not is_shut(actor, login.account_id):
        return
    if login.opened_by_operator:
        raise _refused(
            _(
                "%(account)s holds authorizations, and an operator made or let in this login: it"
                " is reset by administrators and by the agents above it."
            ),
            _account_of(login),
        )
    if remove_second_factor:
        raise _refused(
            _(
                "%(account)s holds authorizations: the second factor of its logins is removed by"
                " administrators and by the agents above it."
            ),
            _account_of(login),
            "remove_second_factor",
        )
    if not (by_mail and login.email):
        raise _refused(
            _(
                "%(account)s holds authorizations: an operator sends a reset to the login's"
                " address and sees no code."
            ),
            _account_of(login),
            "by_mail",
        )
    if not _rests(login):
        raise _refused(
            _(
                "%(account)s holds authorizations, and the login has had its address for less"
                " than 72 hours: ask an administrator or an agent above it."
            ),
            _account_of(login),
            "by_mail",
        )


def leaves_opened(actor: Actor, login: User, *, by_mail: bool, remove_second_factor: bool) -> bool:
    """Whether an operator may be in the login after such a reset: it goes to an address that an
    operator set; or an operator makes it, of a login that was opened before or so that only who
    resets chooses who gets in.
    """
    if _goes_to_operators_address(login, by_mail=by_mail):
        return True
    if not actor.is_operator:
        return False
    goes_to_old_address = by_mail and login.email and _rests(login)
    return login.opened_by_operator or remove_second_factor or not goes_to_old_address


def takes_mailed_links(login: User) -> bool:
    """Whether somebody who forgot the password may get a link by mail: not where an operator set
    the address or opened the login, while the account holds something.
    """
    is_operators = login.email_by_operator or login.opened_by_operator
    return not (is_operators and _holds_something(login.account_id))


def is_shut(actor: Actor, account_pk: Any) -> bool:
    """Whether the actor is an operator and the account holds something."""
    return actor.is_operator and _holds_something(account_pk)


def _holds_something(account_pk: Any) -> bool:
    return AccountGrant.objects.filter(content_object=account_pk).exists()


def _goes_to_operators_address(login: User, *, by_mail: bool) -> bool:
    return bool(by_mail and login.email and login.email_by_operator)


def _rests(login: User) -> bool:
    return login.email_since <= timezone.now() - ADDRESS_RESTS


def _account_of(login: User) -> str:
    return login.account.account_id if login.account else ""


def _refused(sentence: str, account_id: str, field: str | None = None) -> Refused:
    return Refused(sentence % {"account": account_id}, code="holds_authorizations", field=field)


def may_sign_in(user: User) -> bool:
    """Neither locked itself nor of a closed account. A locked account's people may come in to see
    why.
    """
    return user.is_active and (user.account is None or user.account.status != Account.Status.CLOSED)


def may_come_by_link(user: User) -> bool:
    """Whether a link for a forgotten password lets this login in."""
    return may_sign_in(user) and takes_mailed_links(user)

"""Whoever gets into a login holds its account: what operators may not do to the logins of accounts
that hold an authorization (docs/domain.md 1).

Whatever is asked here is asked under the lock of the account's tree, as grants are written: a login
cannot be opened at the moment in which its account comes to hold something.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Actor
from accounts.errors import Refused
from accounts.models import Account, AccountGrant, LoginCode, User
from accounts.services.login_mails import administrators_with_address, mail_login

# So long a login must have had an address before an operator sends a way in there.
ADDRESS_RESTS = timedelta(hours=72)
# So many accounts are asked about in one statement.
_BATCH = 500


def check_may_make(now: Actor, account: Account) -> None:
    """Raise Refused (field `account`) where an operator would make a login of such an account."""
    if _is_shut(now, account.pk):
        raise _refused(
            _(
                "%(account)s holds authorizations: its logins are made by administrators and by"
                " the agents above it."
            ),
            account.account_id,
            "account",
        )


def check_may_change_address(now: Actor, login: User) -> None:
    """Raise Refused (field `email`) where an operator would change an address of such a login."""
    if _is_shut(now, login.account_id):
        raise _refused(
            _(
                "%(account)s holds authorizations: the addresses of its logins are changed by"
                " administrators and by the agents above it."
            ),
            _account_of(login),
            "email",
        )


def check_may_let_in_again(now: Actor, login: User) -> None:
    """Raise Refused where an operator would unlock such a login: somebody may know its password."""
    if _is_shut(now, login.account_id):
        raise _refused(
            _(
                "%(account)s holds authorizations: its logins are unlocked by administrators and"
                " by the agents above it."
            ),
            _account_of(login),
        )


def check_may_reset(now: Actor, login: User, *, by_mail: bool, remove_second_factor: bool) -> None:
    """Raise Refused where an operator would reset such a login other than to an address it has had
    for 72 hours, or would take its second factor.
    """
    if not _is_shut(now, login.account_id):
        return
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


def opens(login: User, *, by_mail: bool, remove_second_factor: bool) -> bool:
    """Whether such a reset could let somebody in whom only the one who resets has chosen."""
    return remove_second_factor or not (by_mail and login.email and _rests(login))


def tell_of_operators_reset(now: Actor, login: User) -> None:
    """An operator reset a login of an account that holds something: the login's other addresses
    and administrators hear of it.
    """
    if not _is_shut(now, login.account_id):
        return
    others = EmailAddress.objects.filter(user=login).exclude(email__iexact=login.email)
    for address in others.values_list("email", flat=True):
        mail_login(login, "reset", to=address, second_factor_removed=False)
    for administrator in administrators_with_address():
        mail_login(administrator, "reset_by_operator", about=login, operator=now.login)


def opened_by_operators(account: Account) -> list[str]:
    """The names of the account's logins that an operator made or let in, and nobody above since."""
    opened = User.objects.filter(account=account, opened_by_operator=True, is_active=True)
    return list(opened.order_by("username").values_list("username", flat=True))


def shut_operators_ways(now: Actor, accounts: Sequence[Account]) -> None:
    """These accounts come to hold authorizations: what operators opened before and nobody has used
    yet ends. For the services of grants, under the lock of the tree.

    Raises Refused where an operator grants to an account whose login an operator has let in: it
    gets its authorizations from administrators and the agents above it.
    """
    for start in range(0, len(accounts), _BATCH):
        pks = [one.pk for one in accounts[start : start + _BATCH]]
        opened = User.objects.filter(account__in=pks, opened_by_operator=True)
        found = list(opened.values_list("pk", "is_active", "account__account_id"))
        if now.is_operator:
            for _pk, is_active, account_id in found:
                if is_active:
                    raise _refused(
                        _(
                            "A login of %(account)s was made or let in by an operator. Its"
                            " authorizations are granted by administrators and by the agents"
                            " above it."
                        ),
                        account_id,
                    )
        if found:
            logins = [pk for pk, _is_active, _account in found]
            LoginCode.objects.filter(user__in=logins, used_at=None).delete()


def _is_shut(now: Actor, account_pk: Any) -> bool:
    return now.is_operator and AccountGrant.objects.filter(content_object=account_pk).exists()


def _rests(login: User) -> bool:
    return login.email_since <= timezone.now() - ADDRESS_RESTS


def _account_of(login: User) -> str:
    return login.account.account_id if login.account else ""


def _refused(sentence: str, account_id: str, field: str | None = None) -> Refused:
    return Refused(sentence % {"account": account_id}, code="holds_authorizations", field=field)

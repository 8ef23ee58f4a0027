"""Logins of accounts: invite, edit, lock, unlock, reset, sign out. The only writer of these rows.

Whoever holds authorization 1 on an account may do this to its logins. Nobody sees or sets another's
password: a login chooses its own, let in by an invitation link or a one-time code. Every deed is
audited and mailed to the login, and its sessions end where its way in changed. What an operator may
not do where the account holds something stands in `rules.guards`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import ADD_LOGIN, CHANGE_LOGIN, Actor, Kind, require
from accounts.core.authorizations import Authorization
from accounts.core.availability import Holder, NotAvailable, Taken, Thing
from accounts.core.availability_deeds import answers, refuse_taken, stand_in
from accounts.core.locks import in_locked_trees
from accounts.core.memberships import join
from accounts.core.models import Account, User
from accounts.core.record import changes, record
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.text import tidied
from accounts.logins.mails import mail_login, tell_of_operators_reset
from accounts.logins.rules.guards import (
    check_may_change_address,
    check_may_let_in_again,
    check_may_make_login,
    check_may_reset,
    leaves_opened,
)
from accounts.logins.rules.values import EDITABLE, clean_login, clean_username, login_values
from accounts.logins.services.codes import Issued, issue_way_in, withdraw_ways_in
from accounts.logins.services.own import set_password
from accounts.logins.services.sessions import (
    session_end_one,
    sessions_end_of,
    sessions_end_of_accounts,
)
from accounts.portal.ground import ground_of_logins_lost

_THINGS = {"username": Thing.LOGIN, "email": Thing.EMAIL}
T = TypeVar("T")


@answers
def login_create(
    *,
    actor: Actor,
    account: Account,
    username: str,
    full_name: str = "",
    email: str = "",
    time_zone: str = "",
    by_mail: bool = True,
    password: str | None = None,
) -> Issued:
    """Create a login of `account` and invite it: by mail where it has an address and `by_mail`,
    else with a one-time code that the result carries, to be shown once. The login chooses its
    password at its first sign-in.

    `password` is for commands of the operator's shell alone (demo, tests): the login then works as
    it is.
    Raises Refused (fields `username`, `full_name`, `email`, `time_zone`), NotInScope, NotAllowed,
    Busy.
    """

    def work(fresh: dict[int, Account]) -> Issued:
        # Locked, so that the account is not closed, nor its group made, at the same moment.
        nonlocal actor, account
        account = fresh[account.pk]
        actor = require(actor, Authorization.MANAGE_ACCOUNT, account, permission=ADD_LOGIN)
        if account.status == Account.Status.CLOSED:
            raise Refused(_("A closed account gets no new logins."), code="account_closed")
        check_may_make_login(actor, account)
        values = clean_login(full_name=full_name, email=email, time_zone=time_zone)
        user = User(
            username=clean_username(username),
            account=account,
            created_by=actor.user,
            opened_by_operator=actor.is_operator,
            email_by_operator=actor.is_operator,
            **values,
        )
        return add_login(actor, user, by_mail=by_mail, password=password, audited="login.create")

    return in_locked_trees(work, touching=[account.pk])


def add_login(
    actor: Actor, user: User, *, by_mail: bool, password: str | None, audited: str
) -> Issued:
    """Insert a cleaned login, let it in, and record it. For the services of logins and of platform
    staff.
    """
    if password is not None and actor.kind is not Kind.SYSTEM:
        raise NotAllowed(_("Nobody sets another's password."), code="password_of_another")
    if password is None:
        user.set_unusable_password()
        user.must_change_password = True
    else:
        set_password(user, password)
    insert_login(actor, user)
    record(
        actor=actor,
        action=audited,
        account=user.account,
        subject=user.username,
        after={**login_values(user), "way_in": "password" if password else _way(by_mail, user)},
    )
    if password is not None:
        return Issued(user, None)
    if not by_mail:
        mail_login(user, "login.made")
    return issue_way_in(user=user, by=actor.user, by_mail=by_mail)


@answers
def login_edit(*, actor: Actor, user: User, **fields: Any) -> User:
    """Change the named `fields` (those of EDITABLE) of an account's login; the user name stays for
    good.

    A changed address is told to the old and the new one, and ends an invitation still open.
    Raises TypeError for another field, Refused, NotInScope, NotAllowed, Busy.
    """
    return _in_lock(actor, user, lambda actor, login: change_login(actor, login, fields))


def change_login(actor: Actor, login: User, fields: dict[str, Any]) -> User:
    """Clean, save and record changed fields. For the services of logins and of platform staff."""
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"Not editable: {', '.join(sorted(unknown))}")
    before = login_values(login)
    for key, value in clean_login(**fields).items():
        setattr(login, key, value)
    was, became = changes(before, login_values(login))
    if not became:
        return login
    if "email" in became:
        check_may_change_address(actor, login)
        login.email_since = timezone.now()
        login.email_by_operator = actor.is_operator
        login.opened_by_operator |= actor.is_operator
        fields |= dict.fromkeys(("email_since", "email_by_operator", "opened_by_operator"))
    save_login(actor, login, *fields)
    if "email" in became:
        withdraw_ways_in(login)
        for address in (was["email"], became["email"]):
            if address:
                mail_login(login, "login.address_changed", to=address)
    record(
        actor=actor,
        action="login.edit",
        account=login.account,
        subject=login.username,
        before=was,
        after=became,
    )
    return login


@transaction.atomic
def login_lock(*, actor: Actor, user: User, reason: str) -> User:
    """Keep a login out: its sessions end, its open invitation too. Needs a reason.

    Raises Refused without a reason, NotInScope, NotAllowed.
    """
    actor, login = _authorized(actor, user)
    return set_login_active(actor, login, False, reason)


def login_unlock(*, actor: Actor, user: User, reason: str = "") -> User:
    """Let a locked login sign in again, with the password it had. Raises Refused, NotInScope,
    NotAllowed, Busy.
    """

    def work(actor: Actor, login: User) -> User:
        check_may_let_in_again(actor, login)
        return set_login_active(actor, login, True, reason)

    return _in_lock(actor, user, work)


def set_login_active(actor: Actor, login: User, active: bool, reason: str) -> User:
    """Lock or unlock, record, tell. For the services of logins and of platform staff."""
    reason = tidied(reason)
    if not active and not reason:
        raise Refused(_("Say why."), code="reason_required", field="reason")
    if login.is_active == active:
        return login
    login.is_active = active
    login.lock_reason = "" if active else reason[:200]
    save_login(actor, login, "is_active", "lock_reason")
    if not active:
        sessions_end_of(login)
        withdraw_ways_in(login)
        ground_of_logins_lost(actor, [login.pk], _("The login that asked was locked."))
    record(
        actor=actor,
        action="login.unlock" if active else "login.lock",
        account=login.account,
        subject=login.username,
        before={"is_active": not active},
        after={"is_active": active},
        reason=reason,
    )
    mail_login(login, "login.unlocked" if active else "login.locked")
    return login


def login_reset(
    *,
    actor: Actor,
    user: User,
    by_mail: bool = True,
    remove_second_factor: bool = False,
    reason: str = "",
) -> Issued:
    """Make a login's password worthless and let it choose a new one, by invitation or one-time
    code.

    All its sessions end. `remove_second_factor` also takes its authenticator app, passkeys and
    recovery codes, for somebody who lost them; they go in any case where an operator opened the
    login and nobody may be left in it: whoever was in may have added them. Raises Refused for a
    locked login and where `rules.guards` forbids it, NotInScope, NotAllowed, Busy.
    """
    how = {"by_mail": by_mail, "remove_second_factor": remove_second_factor}

    def work(actor: Actor, login: User) -> Issued:
        check_may_reset(actor, login, **how)
        was_opened = login.opened_by_operator
        login.opened_by_operator = leaves_opened(actor, login, **how)
        if was_opened and not login.opened_by_operator:
            how["remove_second_factor"] = True
        issued = reset_login(actor, login, reason=reason, **how)
        tell_of_operators_reset(actor, login)
        return issued

    return _in_lock(actor, user, work)


def reset_login(
    actor: Actor, login: User, *, by_mail: bool, remove_second_factor: bool, reason: str
) -> Issued:
    """Reset, record, tell. For the services of logins and of platform staff."""
    if not login.is_active:
        raise Refused(_("Unlock the login first."), code="login_locked")
    login.set_unusable_password()
    login.must_change_password = True
    save_login(actor, login, "password", "must_change_password", "opened_by_operator")
    ended = sessions_end_of(login)
    if remove_second_factor:
        Authenticator.objects.filter(user=login).delete()
    record(
        actor=actor,
        action="login.reset",
        account=login.account,
        subject=login.username,
        after={
            "way_in": _way(by_mail, login),
            "sessions_ended": ended,
            "second_factor_removed": remove_second_factor,
        },
        reason=reason,
    )
    mail_login(login, "login.reset", second_factor_removed=remove_second_factor)
    return issue_way_in(user=login, by=actor.user, by_mail=by_mail)


@transaction.atomic
def login_sessions_end(*, actor: Actor, user: User) -> int:
    """Sign a login out everywhere; return how many ended. Raises NotInScope, NotAllowed."""
    actor, login = _authorized(actor, user)
    return sessions_end(actor, login)


def sessions_end(actor: Actor, login: User) -> int:
    """End all sessions and record it. For the services of logins and of platform staff."""
    ended = sessions_end_of(login)
    record(
        actor=actor,
        action="login.sessions_end",
        account=login.account,
        subject=login.username,
        after={"sessions_ended": ended},
    )
    return ended


@transaction.atomic
def login_session_end(*, actor: Actor, session: UserSession) -> None:
    """Sign a login out of one session. Raises NotInScope, NotAllowed."""
    actor, login = _authorized(actor, session.user)
    session_end(actor, login, session)


def session_end(actor: Actor, login: User, session: UserSession) -> None:
    """End one session and record it. For the services of logins and of platform staff."""
    record(
        actor=actor,
        action="login.sessions_end",
        account=login.account,
        subject=login.username,
        after={"sessions_ended": session_end_one(session)},
    )


def logins_delete_with_account(*, actor: Actor, account: Account) -> None:
    """Delete the logins of an untouched account that is being deleted itself, inside its
    transaction.
    """
    sessions_end_of_accounts([account.pk])
    for login in User.objects.filter(account=account):
        record(
            actor=actor,
            action="login.delete",
            account=account,
            subject=login.username,
            before=login_values(login),
        )
        login.delete()


def insert_login(actor: Actor, login: User) -> None:
    """INSERT a login. Raises NotAvailable when its name or address is taken, wherever that is."""
    _refuse_taken(actor, login, "username", "email")
    _save(login, "username")
    if login.account_id is not None:
        join(login)


def save_login(actor: Actor, login: User, *fields: str) -> None:
    """UPDATE the named fields. Raises NotAvailable when the address is taken, wherever that is."""
    _refuse_taken(actor, login, "email")
    _save(login, "email", update_fields=list(fields))


def _save(login: User, field: str, **how: Any) -> None:
    try:
        with transaction.atomic():
            login.save(**how)
    except IntegrityError as error:
        # Somebody took it between the look and the write.
        taken = Taken(getattr(login, field), _THINGS[field])
        raise NotAvailable([taken], field=field) from error


def _refuse_taken(actor: Actor, login: User, *fields: str) -> None:
    """Both at once: each alone would be told beside whatever stands against the other."""
    asked = {key: [getattr(login, key)] for key in fields if getattr(login, key)}
    taken: list[Taken] = []
    for key, (typed,) in asked.items():
        other = _others(login, key).first()
        if other is not None:
            reached = Account.objects.within(actor.scope).filter(pk=other.account_id)
            holder = Holder.KNOWN if reached.exists() else Holder.FOREIGN
            taken.append(Taken(typed, _THINGS[key], holder))
    hidden = refuse_taken(taken, asked)
    for key in asked:
        if any(one.thing is _THINGS[key] for one in hidden):
            _others(login, key).update(**{key: stand_in()})


def _others(login: User, field: str) -> QuerySet[User]:
    find = User.objects.called if field == "username" else User.objects.with_address
    return find(getattr(login, field)).exclude(pk=login.pk)


def _way(by_mail: bool, login: User) -> str:
    return "invitation" if by_mail and login.email else "one_time_code"


def _in_lock(actor: Actor, user: User, work: Callable[[Actor, User], T]) -> T:
    """Run `work` with the fresh actor and login under the lock of the account's tree, so that no
    account comes to hold something while a login of it is opened.
    """
    if user.account_id is None:
        raise NotInScope
    return in_locked_trees(
        lambda _fresh: work(*_authorized(actor, user)), touching=[user.account_id]
    )


def _authorized(actor: Actor, user: User) -> tuple[Actor, User]:
    """The fresh actor and the fresh login, once authorization 1 on its account is certain."""
    login = User.objects.select_related("account").filter(pk=user.pk).first()
    if login is None or login.account is None:
        # Platform staff is no account's login; for this service it does not exist.
        raise NotInScope
    actor = require(actor, Authorization.MANAGE_ACCOUNT, login.account, permission=CHANGE_LOGIN)
    return actor, login

"""Platform staff: administrators and operators. Only superusers change them, in the Django admin.

Administrators work in the portal: members of the group "Administrators", or superusers. Operators
work in the Django admin as far as their model permissions go: `is_staff`. One login may be both.
"""

from collections.abc import Iterable
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.core.actor import ADMINISTRATORS, Actor, Kind, fresh
from accounts.core.availability_deeds import answers
from accounts.core.models import User
from accounts.core.record import changes, record
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.logins.mails import tell_of_reset_by_command
from accounts.logins.rules.values import clean_login, clean_username
from accounts.logins.services import logins
from accounts.logins.services.codes import Issued


@answers
@transaction.atomic
def staff_create(
    *,
    actor: Actor,
    username: str,
    full_name: str = "",
    email: str = "",
    time_zone: str = "",
    administrator: bool = False,
    operator: bool = False,
    superuser: bool = False,
    permissions: Iterable[Permission] = (),
    by_mail: bool = True,
    password: str | None = None,
) -> Issued:
    """Create a login without an account and invite it, by mail or with a one-time code
    (`logins.login_create`).

    Raises Refused (fields `username`, `full_name`, `email`, `time_zone`), NotAllowed unless the
    actor is a superuser.
    """
    actor = _superuser(actor)
    values = clean_login(full_name=full_name, email=email, time_zone=time_zone)
    user = User(
        username=clean_username(username),
        is_staff=operator,
        is_superuser=superuser,
        created_by=actor.user,
        **values,
    )
    issued = logins.add_login(
        actor, user, by_mail=by_mail, password=password, audited="staff.create"
    )
    _set_powers(actor, user, administrator=administrator, permissions=list(permissions))
    return issued


@answers
@transaction.atomic
def staff_edit(
    *,
    actor: Actor,
    user: User,
    administrator: bool | None = None,
    operator: bool | None = None,
    superuser: bool | None = None,
    permissions: Iterable[Permission] | None = None,
    **fields: Any,
) -> User:
    """Change what platform staff may do, and the fields of `logins.EDITABLE`; None leaves as it is.

    Raises Refused for the last superuser, NotInScope for an account's login, NotAllowed unless a
    superuser acts.
    """
    actor, login = _authorized(actor, user)
    if fields:
        login = logins.change_login(actor, login, fields)
    if superuser is False and login.is_superuser:
        _keep_one_superuser(login)
    if operator is not None:
        login.is_staff = operator
    if superuser is not None:
        login.is_superuser = superuser
    _set_powers(actor, login, administrator=administrator, permissions=permissions)
    return login


@transaction.atomic
def staff_set_active(*, actor: Actor, user: User, active: bool, reason: str = "") -> User:
    """Lock (with a reason; its sessions end) or unlock platform staff. Raises as `staff_edit`."""
    actor, login = _authorized(actor, user)
    if not active and login.is_superuser:
        _keep_one_superuser(login)
    return logins.set_login_active(actor, login, active, reason)


@transaction.atomic
def staff_reset(
    *,
    actor: Actor,
    user: User,
    by_mail: bool = True,
    remove_second_factor: bool = False,
    reason: str = "",
) -> Issued:
    """Let platform staff choose a new password (`logins.login_reset`). Where the operator's shell
    does it, administrators hear of it by mail. Raises as `staff_edit`.
    """
    actor, login = _authorized(actor, user)
    issued = logins.reset_login(
        actor,
        login,
        by_mail=by_mail,
        remove_second_factor=remove_second_factor,
        reason=reason,
    )
    if actor.kind is Kind.SYSTEM:
        tell_of_reset_by_command(login, second_factor_removed=remove_second_factor)
    return issued


@transaction.atomic
def staff_sessions_end(*, actor: Actor, user: User) -> int:
    """Sign platform staff out everywhere; return how many ended. Raises as `staff_edit`."""
    actor, login = _authorized(actor, user)
    return logins.sessions_end(actor, login)


@transaction.atomic
def staff_session_end(*, actor: Actor, session: UserSession) -> None:
    """Sign platform staff out of one session. Raises as `staff_edit`."""
    actor, login = _authorized(actor, session.user)
    logins.session_end(actor, login, session)


def _set_powers(
    actor: Actor,
    login: User,
    *,
    administrator: bool | None,
    permissions: Iterable[Permission] | None,
) -> None:
    before = _powers(User.objects.get(pk=login.pk))
    login.save(update_fields=["is_staff", "is_superuser"])
    if administrator is not None:
        # The group comes with the migrations; a test's flush may have taken it.
        group = Group.objects.get_or_create(name=ADMINISTRATORS)[0]
        (login.groups.add if administrator else login.groups.remove)(group)
    if permissions is not None:
        login.user_permissions.set(permissions)
    was, became = changes(before, _powers(login))
    if became:
        record(actor=actor, action="staff.powers", subject=login.username, before=was, after=became)


def _powers(login: User) -> dict[str, Any]:
    return {
        "operator": login.is_staff,
        "superuser": login.is_superuser,
        "administrator": login.groups.filter(name=ADMINISTRATORS).exists(),
        "permissions": sorted(login.user_permissions.values_list("codename", flat=True)),
    }


def _keep_one_superuser(login: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=login.pk)
    if not others.exists():
        raise Refused(
            _("This is the last superuser; name another one first."), code="last_superuser"
        )


def _superuser(actor: Actor) -> Actor:
    actor = fresh(actor)
    is_superuser = actor.user is not None and actor.user.is_superuser and not actor.read_only
    if actor.kind is not Kind.SYSTEM and not is_superuser:
        raise NotAllowed(_("Only superusers change platform staff."), code="not_superuser")
    return actor


def _authorized(actor: Actor, user: User) -> tuple[Actor, User]:
    actor = _superuser(actor)
    login = User.objects.filter(pk=user.pk, account=None).first()
    if login is None:
        raise NotInScope
    return actor, login

"""Logins: those of accounts by authorization 1, platform staff by superusers, the own one by
whoever it belongs to (docs/domain.md 1).
"""

from typing import Any

from allauth.usersessions.models import UserSession

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import User
from accounts.logins.models import SavedView
from accounts.logins.services.logins import (
    login_create,
    login_edit,
    login_lock,
    login_reset,
    login_session_end,
    login_sessions_end,
    login_unlock,
)
from accounts.logins.services.own import password_set_by_self
from accounts.logins.services.preferences import preference_remember, preferences_set
from accounts.logins.services.saved_views import (
    view_delete,
    view_move,
    view_open_with,
    view_rename,
    view_save,
)
from accounts.logins.services.sessions import own_sessions_end
from accounts.logins.services.staff import (
    staff_create,
    staff_edit,
    staff_reset,
    staff_session_end,
    staff_sessions_end,
    staff_set_active,
)
from accounts.logins.services.view_as import view_as_start
from tests.contracts.contract import (
    ADMINISTRATORS,
    DONE,
    NOBODY,
    OWN,
    SUPERUSERS,
    Contract,
    needs,
)
from tests.contracts.ground import NO_NUMBER, Ground
from tests.factories import StaffFactory, UserFactory

_LOGINS = "accounts.logins.services"
_MANAGE = needs("manage_account")
# What becomes of logins whose account is closed is not ruled: they cannot sign in anyway.
_OF_THE_ACCOUNT: dict[str, Any] = {"needs": _MANAGE, "closed": None}
# People of a locked account sign in and look after their own login.
_OF_THE_OWN: dict[str, Any] = {"needs": OWN, "reach": NOBODY, "own_stopped": DONE}
_OF_ONES_VIEWS: dict[str, Any] = {
    **_OF_THE_OWN,
    "entries": 0,
    "why": "what somebody sets for the own eyes is no deed",
}
_OF_STAFF: dict[str, Any] = {"needs": SUPERUSERS, "reach": NOBODY}


def _login(on: Ground) -> Any:
    return UserFactory(account=on.target, username="somebody")


def _views(on: Ground) -> list[SavedView]:
    """Everybody has one; where the deed is aimed at somebody else's, that one alone is meant."""
    logins = User.objects.all() if on.mine is None else [on.login]
    return [
        view_save(actor=actor_for(login), of_list="phones", name="Mine", asks={})
        for login in logins
    ]


def _own(views: list[SavedView], actor: Actor) -> SavedView:
    own = [one for one in views if actor.user is not None and one.login_id == actor.user.pk]
    return (own or views)[0]


def _locked(on: Ground) -> Any:
    return login_lock(actor=SYSTEM, user=_login(on), reason="Why")


def _staff(_on: Ground) -> Any:
    return StaffFactory(username="somebody", operator=True)


def _session_of(login: User) -> UserSession:
    return UserSession.objects.create(user=login, session_key="of-somebody", ip="192.0.2.1")


def _of_nobody(session: UserSession) -> UserSession:
    session.user = User(pk=NO_NUMBER, username="nobody")
    return session


CONTRACTS = [
    Contract(
        service=f"{_LOGINS}.logins.login_create",
        needs=_MANAGE,
        call=lambda actor, on, _it: login_create(
            actor=actor, account=on.target, username="newcomer"
        ),
    ),
    Contract(
        service=f"{_LOGINS}.logins.login_edit",
        make=_login,
        call=lambda actor, _on, it: login_edit(actor=actor, user=it, email="new@x.example"),
        **_OF_THE_ACCOUNT,
    ),
    Contract(
        service=f"{_LOGINS}.logins.login_lock",
        make=_login,
        call=lambda actor, _on, it: login_lock(actor=actor, user=it, reason="Why"),
        **_OF_THE_ACCOUNT,
    ),
    Contract(
        service=f"{_LOGINS}.logins.login_unlock",
        make=_locked,
        call=lambda actor, _on, it: login_unlock(actor=actor, user=it),
        **_OF_THE_ACCOUNT,
    ),
    Contract(
        service=f"{_LOGINS}.logins.login_reset",
        make=_login,
        call=lambda actor, _on, it: login_reset(actor=actor, user=it),
        **_OF_THE_ACCOUNT,
    ),
    Contract(
        service=f"{_LOGINS}.logins.login_sessions_end",
        make=_login,
        call=lambda actor, _on, it: login_sessions_end(actor=actor, user=it),
        **_OF_THE_ACCOUNT,
    ),
    Contract(
        service=f"{_LOGINS}.logins.login_session_end",
        make=lambda on: _session_of(_login(on)),
        ghost=_of_nobody,
        call=lambda actor, _on, it: login_session_end(actor=actor, session=it),
        **_OF_THE_ACCOUNT,
    ),
    Contract(
        service=f"{_LOGINS}.own.password_set_by_self",
        call=lambda actor, _on, _it: password_set_by_self(
            actor=actor, password="A-long-pass-phrase-77"
        ),
        **_OF_THE_OWN,
    ),
    Contract(
        service=f"{_LOGINS}.sessions.own_sessions_end",
        call=lambda actor, _on, _it: own_sessions_end(actor=actor),
        **_OF_THE_OWN,
    ),
    Contract(
        service=f"{_LOGINS}.preferences.preferences_set",
        call=lambda actor, _on, _it: preferences_set(actor=actor, theme="dark"),
        entries=0,
        why="what somebody sets for the own eyes is no deed",
        **_OF_THE_OWN,
    ),
    Contract(
        service=f"{_LOGINS}.preferences.preference_remember",
        call=lambda actor, _on, _it: preference_remember(actor=actor, key="width", value=3),
        entries=0,
        why="what somebody sets for the own eyes is no deed",
        **_OF_THE_OWN,
    ),
    Contract(
        service=f"{_LOGINS}.saved_views.view_save",
        call=lambda actor, _on, _it: view_save(
            actor=actor, of_list="phones", name="Mine", asks={"lock": "out"}
        ),
        **_OF_ONES_VIEWS,
    ),
    Contract(
        service=f"{_LOGINS}.saved_views.view_rename",
        make=_views,
        ghost=lambda _views: [SavedView(pk=NO_NUMBER)],
        call=lambda actor, _on, it: view_rename(actor=actor, view=_own(it, actor), name="Other"),
        **_OF_ONES_VIEWS,
    ),
    Contract(
        service=f"{_LOGINS}.saved_views.view_move",
        make=_views,
        ghost=lambda _views: [SavedView(pk=NO_NUMBER)],
        call=lambda actor, _on, it: view_move(actor=actor, view=_own(it, actor), by=1),
        **_OF_ONES_VIEWS,
    ),
    Contract(
        service=f"{_LOGINS}.saved_views.view_open_with",
        make=_views,
        ghost=lambda _views: [SavedView(pk=NO_NUMBER)],
        call=lambda actor, _on, it: view_open_with(actor=actor, view=_own(it, actor), opens=True),
        **_OF_ONES_VIEWS,
    ),
    Contract(
        service=f"{_LOGINS}.saved_views.view_delete",
        make=_views,
        ghost=lambda _views: [SavedView(pk=NO_NUMBER)],
        call=lambda actor, _on, it: view_delete(actor=actor, view=_own(it, actor)),
        **_OF_ONES_VIEWS,
    ),
    Contract(
        service=f"{_LOGINS}.staff.staff_create",
        call=lambda actor, _on, _it: staff_create(actor=actor, username="newcomer", operator=True),
        **_OF_STAFF,
    ),
    Contract(
        service=f"{_LOGINS}.staff.staff_edit",
        make=_staff,
        call=lambda actor, _on, it: staff_edit(actor=actor, user=it, superuser=True),
        **_OF_STAFF,
    ),
    Contract(
        service=f"{_LOGINS}.staff.staff_set_active",
        make=_staff,
        call=lambda actor, _on, it: staff_set_active(
            actor=actor, user=it, active=False, reason="Why"
        ),
        **_OF_STAFF,
    ),
    Contract(
        service=f"{_LOGINS}.staff.staff_reset",
        make=_staff,
        call=lambda actor, _on, it: staff_reset(actor=actor, user=it),
        **_OF_STAFF,
    ),
    Contract(
        service=f"{_LOGINS}.staff.staff_sessions_end",
        make=_staff,
        call=lambda actor, _on, it: staff_sessions_end(actor=actor, user=it),
        **_OF_STAFF,
    ),
    Contract(
        service=f"{_LOGINS}.staff.staff_session_end",
        make=lambda on: _session_of(_staff(on)),
        call=lambda actor, _on, it: staff_session_end(actor=actor, session=it),
        **_OF_STAFF,
    ),
    Contract(
        service=f"{_LOGINS}.view_as.view_as_start",
        needs=ADMINISTRATORS,
        make=_login,
        call=lambda actor, _on, it: view_as_start(actor=actor, login=it, reason="Why"),
        locked=None,
    ),
]

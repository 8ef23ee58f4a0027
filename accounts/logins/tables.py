"""The logins of an account as its page lists them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account, User
from accounts.kit.markup import joined
from accounts.kit.moments import moment_words
from accounts.portal.lists.cells import badge, quiet
from accounts.portal.lists.columns import VIEWERS, Column

# Columns for administrators alone.
OF_ADMINISTRATORS = {"password_age"}


@dataclass(frozen=True)
class LoginRow:
    """One login, read with its facts. `is_shut`: an operator opened it, and nobody above since;
    `may_manage`: the viewer looks after the account's logins.
    """

    login: Any
    account: Account
    is_shut: bool
    may_manage: bool


def login_menu(row: LoginRow) -> str:
    """What can be done with the login."""
    context = {
        "label": gettext("Actions for %(login)s") % {"login": row.login.username},
        "items": _items(row.account, row.login),
        "uid": row.login.username,
    }
    return render_to_string("components/_row_menu.html", context)


def _items(account: Account, login: User) -> list[dict[str, Any]]:
    def page(name: str) -> str:
        return reverse(f"accounts:{name}", args=[account.account_id, login.username])

    edit = {"label": _("Edit"), "icon": "edit", "url": page("login-edit")}
    unlock = {"label": _("Unlock…"), "icon": "unlock", "url": page("login-unlock")}
    if not login.is_active:
        return [edit, unlock]
    return [
        edit,
        {"label": _("Reset…"), "icon": "key", "url": page("login-reset")},
        {"label": _("Sign out everywhere…"), "icon": "signout", "url": page("login-sign-out")},
        {"label": _("Lock…"), "icon": "lock", "url": page("login-lock"), "risk": True},
    ]


def _standing(row: LoginRow) -> tuple[Any, str, str]:
    """Words, colour and symbol."""
    if not row.login.is_active:
        return _("Locked"), "danger", "lock"
    if row.login.must_change_password:
        return _("Invited"), "info", "mail"
    return _("Active"), "ok", "ok"


def _state(row: LoginRow) -> Any:
    login = row.login
    parts: list[Any] = [badge(*_standing(row))]
    if row.is_shut:
        parts += [" ", badge(_("Opened by an operator: reset it"), "warn", "warn")]
    if login.lock_reason and row.may_manage:
        parts += [" ", quiet(login.lock_reason)]
    return joined(parts)


def _last_sign_in(row: LoginRow) -> Any:
    at = row.login.last_login
    if at is None:
        return quiet(_("never"))
    return moment_words(at)


def _age(changed: datetime | None) -> str:
    if changed is None:
        return gettext("none yet")
    days = (timezone.now() - changed).days
    if days == 0:
        return gettext("today")
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


COLUMNS = (
    Column(
        "login",
        _("User name"),
        lambda row: row.login.username,
        lambda row: row.login.username,
        css="",
    ),
    Column(
        "full_name",
        _("Full name"),
        lambda row: row.login.full_name or "–",
        lambda row: row.login.full_name,
        css="",
        is_labelled=True,
    ),
    Column(
        "email",
        _("E-mail"),
        lambda row: row.login.email or "–",
        lambda row: row.login.email,
        css="",
        is_labelled=True,
    ),
    Column(
        "last_sign_in",
        _("Last sign-in"),
        _last_sign_in,
        lambda row: row.login.last_login,
        css="",
        is_labelled=True,
        zone=VIEWERS,
    ),
    Column(
        "password_age",
        _("Password age"),
        lambda row: _age(row.login.password_changed_at),
        lambda row: _age(row.login.password_changed_at),
        css="",
        is_labelled=True,
    ),
    Column(
        "second_factor",
        _("Second factor"),
        lambda row: _("yes") if row.login.has_second_factor else quiet(_("no")),
        lambda row: gettext("yes") if row.login.has_second_factor else gettext("no"),
        css="",
        is_labelled=True,
    ),
    Column(
        "sessions",
        _("Sessions"),
        lambda row: row.login.session_count,
        lambda row: row.login.session_count,
        is_number=True,
        css="",
        is_labelled=True,
    ),
    Column("state", _("State"), _state, lambda row: str(_standing(row)[0]), css="card-top"),
    Column(
        "lock_reason",
        _("Why it is locked"),
        value=lambda row: row.login.lock_reason if row.may_manage else "",
    ),
)

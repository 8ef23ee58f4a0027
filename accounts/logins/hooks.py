"""What logins add to the pages of others."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.core.actor import Actor
from accounts.core.models import Account, User
from accounts.kit.addresses import address_of
from accounts.logins.filters import LIST_VIEWS, LOGIN_FILTER
from accounts.logins.mails import KINDS
from accounts.logins.queries import count_of_logins, logins_called, logins_of
from accounts.logins.rules.second_factor import has_second_factor
from accounts.mail.kinds import register_mail
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.finding import Asked, Hit, Row, SearchPage, SearchSection
from accounts.portal.registry import Additions, Card, Link, Place, Placed, Tab, registry
from accounts.portal.steps import StandingCheck, Step


def _page(account: Account) -> str:
    return address_of("accounts:logins", account.account_id)


def _logins(actor: Actor, account: Account) -> str:
    return _page(account)


def _view_as(actor: Actor, account: Account) -> str | None:
    if not actor.is_administrator:
        return None
    return address_of("accounts:view-as", account.account_id)


TAB = Tab("logins", _("Logins"), _logins, count=count_of_logins, order=30)
ACTIONS = [
    Link("logins", _("Logins"), "key", _logins, place=Place.NOWHERE, order=40),
    Link("view-as", _("View as…"), "eye", _view_as, order=100),
]


def _called(actor: Actor, asked: Asked) -> QuerySet[Any] | None:
    return logins_called(actor.scope, asked.fragment) if asked.fragment else None


def _login(row: Row) -> Hit:
    note = " · ".join(one for one in (row["full_name"], row["email"]) if one)
    return Hit(row["username"], address_of("accounts:logins", row["account_id"]), note)


SEARCH = SearchSection(
    "logins",
    _("Logins"),
    "key",
    _called,
    {
        "username": "username",
        "full_name": "full_name",
        "email": "email",
        "account": "account_id",
        "account_id": "account__account_id",
    },
    _login,
    place=lambda row, asked: row["username"],
    order=28,
)


def _panel(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    return {"logins": logins_of(account)} if account else None


PANEL = Card("accounts/logins/_panel.html", _panel, is_aside=True, order=140)
WHO_SIGNS_IN = Card("accounts/logins/_who_signs_in.html", _panel, is_aside=True, order=110)


def _signed_in(_actor: Actor, account: Account) -> Step:
    return Step(
        _("A login that has signed in"),
        _("People choose their password at the first sign-in."),
        any(one.last_login for one in logins_of(account) if one.is_active),
        _page(account),
        _("Invite"),
    )


def _second_factors(_actor: Actor, account: Account) -> Step:
    at_work: list[Any] = [one for one in logins_of(account) if one.is_active]
    return Step(
        _("Second factor for every login"),
        _("An authenticator app or a passkey; each person sets up their own."),
        bool(at_work) and all(one.has_second_factor for one in at_work),
        _page(account),
        _("Look"),
    )


def _own_second_factor(login: Any, _accounts: int, _agents: int) -> Step:
    return Step(
        _("Protect your own sign-in"),
        _("Set up an authenticator app or a passkey."),
        has_second_factor(login),
        reverse("mfa_index"),
        _("Set up"),
    )


CHECKS = [
    StandingCheck(
        "warn",
        {"logins": "never"},
        ngettext_lazy(
            "%(count)s account has a login that was never used",
            "%(count)s accounts have a login that was never used",
            "count",
        ),
        _("Every login was used"),
        order=80,
    ),
    StandingCheck(
        "warn",
        {"logins": "no_factor"},
        ngettext_lazy(
            "%(count)s account has a login without a second factor",
            "%(count)s accounts have a login without a second factor",
            "count",
        ),
        _("Every login has a second factor"),
        order=90,
    ),
]
AUDIT_TERMS = AuditTerms(
    words={
        "login.create": ("key", "ok", _("Login %(subject)s invited")),
        "login.edit": ("key", "", _("Login %(subject)s changed")),
        "login.lock": ("lock", "danger", _("Login %(subject)s locked")),
        "login.unlock": ("unlock", "ok", _("Login %(subject)s unlocked")),
        "login.reset": ("key", "", _("Login %(subject)s reset")),
        "login.shut": ("lock", "warn", _("Login %(subject)s shut until it is reset")),
        "login.sessions_end": ("signout", "", _("Login %(subject)s signed out everywhere")),
        "login.password_set": ("key", "", _("Login %(subject)s chose a password")),
        "logins.export": ("download", "", _("List of logins exported")),
        "login.delete": ("trash", "danger", _("Login %(subject)s deleted")),
        "staff.create": ("key", "ok", _("Platform staff %(subject)s made")),
        "staff.powers": ("key", "warn", _("Powers of %(subject)s changed")),
        "view_as.start": ("eye", "", _("Began to look as this login")),
        "view_as.end": ("eye", "", _("Stopped looking as this login")),
    },
    labels={
        "administrator": _("Administrator"),
        "is_active": _("May sign in"),
        "operator": _("Operator"),
        "permissions": _("Permissions"),
        "second_factor_removed": _("Second factor removed"),
        "sessions_ended": _("Sessions ended"),
        "superuser": _("Superuser"),
        "way_in": _("Way in"),
    },
    choices={
        "way_in": {
            "one_time_code": _("one-time code"),
            "invitation": _("invitation by mail"),
            "password": _("password"),
        },
    },
    models=[User],
    private=("view_as.",),
    detailed=frozenset({"login.edit"}),
    order=20,
)
AUDIT_GROUP = AuditGroup("logins", _("Logins"), ("login.", "staff.", "view_as."), order=70)


PAGES = [
    SearchPage(
        _("Preferences"),
        "sliders",
        lambda actor: reverse("security-preferences"),
        (_("Appearance"), _("Theme"), _("Time zone"), _("Settings")),
        order=220,
    ),
    SearchPage(
        _("Your sign-in"),
        "key",
        lambda actor: reverse("security"),
        (_("Security"), _("Password"), _("Second factor"), _("Passkeys"), _("Sessions")),
        order=225,
    ),
]


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    register_mail(*KINDS)
    registry.add(
        "logins",
        Additions(
            search_sections=[SEARCH],
            search_pages=PAGES,
            overview_cards=[PANEL],
            dashboard_cards=[WHO_SIGNS_IN],
            setup_steps=[Placed(50, _signed_in), Placed(60, _second_factors)],
            first_steps=[Placed(10, _own_second_factor)],
            standing_checks=CHECKS,
            list_filters=[LOGIN_FILTER],
            list_views=LIST_VIEWS,
            account_tabs=[TAB],
            row_actions=ACTIONS,
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
        ),
    )

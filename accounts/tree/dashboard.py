"""What the tree shows on overviews and dashboards: pieces, steps, and what to look at."""

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.registry import Card, Placed
from accounts.portal.steps import StandingCheck, Step

EXPIRING_DAYS = 14


def _of_the_page(actor: Actor, account: Account | None) -> Mapping[str, Any]:
    """The overview has read what its own pieces show."""
    return {}


def _place(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """Nothing for customers, who know of one account only."""
    return None if actor.is_customer else {}


OVERVIEW = [
    Card("accounts/tree/_figures.html", _of_the_page, order=20),
    Card("accounts/tree/_set_up.html", _of_the_page, order=30),
    Card("accounts/tree/_place.html", _place, is_aside=True, order=110),
    Card("accounts/tree/_facts.html", _of_the_page, is_aside=True, order=120),
    Card("accounts/tree/_contact.html", _of_the_page, is_aside=True, order=130),
]


def _account(_actor: Actor, _account: Account) -> Step:
    return Step(_("Account"), _("Created, with its place in the hierarchy."), True)


def _sub_account(_actor: Actor, account: Account) -> Step:
    return Step(
        _("First sub-account"),
        _("It makes the account an agent and puts it into the tree."),
        account.is_agent,
        f"{reverse('accounts:new')}?agent={account.account_id}",
        _("Add"),
    )


def _contact(_actor: Actor, account: Account) -> Step:
    about = account.detail
    return Step(
        _("Contact"),
        _("Somebody to write to when something is wrong."),
        bool(about.email or about.phone),
        reverse("accounts:edit", args=[account.account_id]),
        _("Enter"),
    )


SETUP: list[Callable[[Actor, Account], Step]] = [
    Placed(10, _account),
    Placed(20, _sub_account),
    Placed(40, _contact),
]


def _first_account(_login: Any, accounts: int, _agents: int) -> Step:
    return Step(
        _("Add the first account"),
        _("A wholesale customer or your own company. It starts as an ordinary account."),
        accounts > 0,
        reverse("accounts:new"),
        _("Add"),
    )


def _first_agent(_login: Any, _accounts: int, agents: int) -> Step:
    return Step(
        _("Add a sub-account below it"),
        _("The account becomes an agent and appears in the tree."),
        agents > 0,
        reverse("accounts:list"),
        _("Choose"),
    )


FIRST: list[Callable[[Any, int, int], Step]] = [
    Placed(20, _first_account),
    Placed(30, _first_agent),
]

CHECKS = [
    StandingCheck(
        "danger",
        {"status": "locked", "category": "agent"},
        ngettext_lazy("%(count)s locked branch", "%(count)s locked branches", "count"),
        gettext_lazy("No branch is locked"),
        order=10,
    ),
    StandingCheck(
        "warn",
        {"status": "expired"},
        ngettext_lazy("%(count)s account has expired", "%(count)s accounts have expired", "count"),
        gettext_lazy("No account has expired"),
        order=20,
    ),
    StandingCheck(
        "warn",
        {"expires_within": EXPIRING_DAYS},
        ngettext_lazy(
            "%(count)s account expires within 14 days",
            "%(count)s accounts expire within 14 days",
            "count",
        ),
        gettext_lazy("No account expires within 14 days"),
        order=30,
    ),
    StandingCheck(
        "warn",
        {"level_from": 5},
        ngettext_lazy(
            "%(count)s account has more than 3 agents above it",
            "%(count)s accounts have more than 3 agents above them",
            "count",
        ),
        gettext_lazy("No account has more than 3 agents above it"),
        order=50,
    ),
    StandingCheck(
        "warn",
        {"pattern": "off"},
        ngettext_lazy(
            "%(count)s Account ID is off the pattern",
            "%(count)s Account IDs are off the pattern",
            "count",
        ),
        gettext_lazy("Every Account ID follows the pattern"),
        order=60,
    ),
    StandingCheck(
        "warn",
        {"billing": "flow"},
        ngettext_lazy(
            "%(count)s account uses Flow billing: only for callback business",
            "%(count)s accounts use Flow billing: only for callback business",
            "count",
        ),
        gettext_lazy("No account uses Flow billing"),
        order=70,
    ),
]

"""What the portal itself puts on its pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.markup import format_html
from accounts.kit.text import name_key
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.modules import EQUIPMENT, OPERATION, WORK, Module, OwnPage
from accounts.portal.registry import Additions, Placed, numbered, registry
from accounts.portal.ways import CallPage, CallVerdict, NumberCard
from vosportal.switch.checking import checked

DASHBOARD = Module(
    "dashboard",
    _("Dashboard"),
    "dashboard",
    lambda: reverse("dashboard"),
    WORK,
    pages=frozenset({"dashboard", "checks"}),
    order=10,
)
DJANGO_ADMIN = Module(
    "admin",
    _("Django admin"),
    "sliders",
    lambda: reverse("admin:index"),
    OPERATION,
    is_for=lambda actor: actor.user is not None and actor.user.is_staff,
    is_outside=True,
    order=140,
)
OWN_PAGES = [
    OwnPage(
        "home",
        _("Home"),
        "wallet",
        lambda actor: reverse("dashboard"),
        pages=frozenset({"dashboard"}),
        in_dock=True,
        order=10,
    ),
    OwnPage(
        "test",
        _("Test a number"),
        "help",
        lambda actor: reverse("dashboard") + "#test",
        pages=frozenset({"number-test", "billing:price", "try-call"}),
        order=65,
    ),
]
TRY_PAGE = CallPage("try", _("Try a call"), lambda actor: reverse("try-call"), order=50)
TRY_MODULE = Module(
    "try-call",
    _("Try a call"),
    "calls",
    lambda: reverse("try-call"),
    EQUIPMENT,
    pages=frozenset({"try-call"}),
    order=69,
)


def trial(account_id: str, number: str, via: str) -> tuple[Any, str]:
    """Where a call like this is tried."""
    asked = {"account": account_id, "number": number, "via": via}
    given = {name: value for name, value in asked.items() if value}
    return _("Try a call"), f"{reverse('try-call')}?{urlencode(given)}"


def call_verdict(actor: Actor, who: str, number: str) -> CallVerdict | None:
    """What "try a call" says, in the words of an access check."""
    tried = checked(actor, who, number)
    if tried is None:
        return None
    steps = [
        (format_html("{}: {}", one.name, one.words), one.state == "pass")
        for one in tried.lines
        if one.state != "none"
    ]
    account = tried.account.account_id
    way = trial(account, number, "" if name_key(who) == name_key(account) else who)
    return CallVerdict(tried.is_allowed, tried.reason, steps, way)


def _of_number(actor: Actor, account: Account | None, number: str) -> Mapping[str, Any] | None:
    """The question about the number that was tested, for who would call it. No query."""
    if account is None:
        return None
    label, url = trial(account.account_id, number, "")
    return {"label": label, "url": url}


TRY_NUMBER = NumberCard("switch/_try_number.html", _of_number)
AUDIT_TERMS = AuditTerms(
    words={
        "demo.load": ("spark", "", _("Demo data loaded")),
    },
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "portal",
        Additions(
            modules=[DASHBOARD, TRY_MODULE, DJANGO_ADMIN],
            own_pages=OWN_PAGES,
            audit_terms=[AUDIT_TERMS],
            call_pages=[TRY_PAGE],
            call_trials=[Placed(10, trial)],
            call_verdicts=[Placed(10, call_verdict)],
            number_cards=numbered(20, [TRY_NUMBER]),
        ),
    )

"""What number sections add to the pages of others."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.numbers.queries import destination_rules, has_destination_rules
from accounts.numbers.tables.moves import number_effects
from accounts.numbers.verdict import Purpose
from accounts.numbers.words import chip
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.deeds import MoveEffect
from accounts.portal.finding import Offer, SearchDeed, SearchPage
from accounts.portal.modules import EQUIPMENT, Module
from accounts.portal.panel import Glance, PanelPart
from accounts.portal.registry import Additions, Link, Place, Placed, Tab, registry
from accounts.portal.steps import Step


def _page(account: Account) -> str:
    return address_of("accounts:number-sections", account.account_id)


def _sections(actor: Actor, account: Account) -> str:
    return _page(account)


TAB = Tab("number-sections", _("Number sections"), _sections, order=50)
ACTION = Link(
    "number-sections",
    _("Number section limitation"),
    "sections",
    _sections,
    place=Place.NOWHERE,
    order=60,
)


def _moved(
    actor: Actor, accounts: Sequence[Account], target: Account | None
) -> Mapping[str, Any] | None:
    numbers = number_effects(accounts, target)
    return None if numbers.is_empty else {"numbers": numbers}


MOVED = MoveEffect("accounts/numbers/_moved.html", _moved, of_one_agent=True, order=20)


def _step(_actor: Actor, account: Account) -> Step:
    return Step(
        _("Number sections"),
        _("Without destination rules everything may be called that is not blocked above."),
        has_destination_rules(account),
        _page(account),
        _("Set"),
        is_next=True,
    )


# Rules that the panel names.
_NAMED = 6


def _part(glance: Glance) -> Mapping[str, Any]:
    """What may be called, as far as its own rules say, and the box that tests a number."""
    rules = destination_rules(glance.account, _NAMED + 1)
    return {
        "account": glance.account.account_id,
        "chips": [chip(one.rule) for one in rules[:_NAMED]],
        "has_more": len(rules) > _NAMED,
        "url": _page(glance.account),
    }


PART = PanelPart("accounts/numbers/_panel.html", _part, order=40)


def _test(actor: Actor, account: Account | None, figure: str) -> Offer | None:
    """The question about a number, asked at once where it is known who would call it."""
    if not figure and account is None:
        return Offer(gettext("Test a number"), reverse("number-test"))
    who = account or actor.own
    asked = {"account": who.account_id} if who else {}
    if figure and who:
        asked = {**asked, "number": figure, "purpose": Purpose.DESTINATION.value}
    said = {"number": figure, "account": asked.get("account", "")}
    if not figure:
        words = gettext("Test a number for %(account)s")
    elif who:
        words = gettext("Test number %(number)s for %(account)s")
    else:
        words = gettext("Test number %(number)s")
    return Offer(words % said, f"{reverse('number-test')}?{urlencode(asked)}")


TEST = SearchDeed(
    "test",
    "sections",
    (_("test number"), _("test"), _("may call")),
    _test,
    takes="number",
    order=30,
)


def _own_sections(actor: Actor) -> str:
    if actor.own is None:
        return reverse("number-sections")
    return address_of("accounts:number-sections", actor.own.account_id)


SECTIONS = SearchPage(
    _("Number sections"),
    "sections",
    _own_sections,
    (_("Number section limitation"), _("Number section management"), _("Blocked numbers")),
    order=40,
)
MODULES = [
    Module(
        "number-sections",
        _("Number section limitation"),
        "sections",
        lambda: reverse("number-sections"),
        EQUIPMENT,
        pages=frozenset({"number-sections", "number-test"}),
        is_for=lambda actor: actor.is_administrator,
        order=40,
    ),
    Module(
        "number-test",
        _("Test numbers"),
        "sections",
        lambda: reverse("number-test"),
        EQUIPMENT,
        pages=frozenset({"number-test"}),
        is_for=lambda actor: not actor.is_administrator,
        order=41,
    ),
]
AUDIT_TERMS = AuditTerms(
    words={
        "numbers.set": ("sections", "", _("Number sections changed")),
    },
    labels={"allocation": _("Allocation"), "destination": _("Destinations")},
)
AUDIT_GROUP = AuditGroup("numbers", _("Number sections"), ("numbers.",), order=30)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "numbers",
        Additions(
            move_effects=[MOVED],
            setup_steps=[Placed(30, _step)],
            account_tabs=[TAB],
            panel_parts=[PART],
            row_actions=[ACTION],
            search_deeds=[TEST],
            search_pages=[SECTIONS],
            modules=MODULES,
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
        ),
    )

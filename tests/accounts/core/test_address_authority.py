"""Every address as each kind of person who may ask for it: what they are answered, to the status,
by the authorizations that the registry has by hand.
"""

from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import transaction

from accounts.core.models import AccountGrant
from tests.factories import StaffFactory
from tests.factories.fixtures import signed_in
from tests.support.addresses import Route
from tests.support.depth import sampled
from tests.support.gains import CASES, MANY, NOTHING
from tests.support.isolation import METHODS, ROUTES
from tests.support.undoing import kept_for_a_module
from tests.support.urls_kinds import Address, Audience
from tests.support.urls_registry import classified, is_former
from tests.support.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.walk, pytest.mark.smoke]

EIGHT = {
    "manage_account", "manage_phone", "manage_phone_card", "manage_gateway",
    "modify_gateway_information", "modify_gateway_capacity", "pay_own_account", "pay_sub_account",
}  # fmt: skip
# 1 and 8 act on descendants only.
ON_THE_OWN_ACCOUNT = EIGHT - {"manage_account", "pay_sub_account"}

ADMINISTRATOR, OPERATOR, ANONYMOUS = "administrator", "operator", "anonymous"
HOLDER, AT_HOME, LACKING = "holder of this one", "holder, at home", "holder of all but this one"
CUSTOMER, FOREIGN = "customer", "foreign agent"
LOOKING = "administrator who looks as an agent"
# Where an address asks for none of the eight, who lacks just that one has them all.
HOLDS_ALL = {ADMINISTRATOR, LACKING, LOOKING}

# Views that ask by themselves: for a template no account is named, and the other pages are
# looked at by everybody who reaches the account.
ASK_BY_THEMSELVES = {
    "templates",
    "template-new",
    "template-edit",
    "template-delete",
    "accounts:authorizations",
    "accounts:number-sections",
    "billing:statement-mail",
}  # fmt: skip
POSTED_TO = {case.name for case in CASES} | set(MANY) | NOTHING
# Files, which nobody takes who looks as somebody else.
FILES = {route.name for route in ROUTES if route.name.endswith("export")}
FILES |= {"job-file", "job-output"}

# What who may come is answered, where it is not the page (200) or, when an empty form is sent, the
# form with its errors (422).
GETS = {
    # Agents are led on to their own.
    "accounts:list": 302,
    # What there is nothing to do about: an active account, no draft of grants, no sub-accounts.
    "accounts:unlock": 303, "accounts:authorization-review": 303,
    "accounts:move-sub-accounts": 422,
    # No letterhead has a logo there.
    "accounts:logo": 204,
    # Rates are chosen in their list, and groups on the page that compares them.
    "billing:rates-many": 303, "billing:rate-compare-export": 302,
    # Jobs that wait are shown by their own page.
    "job-state": 302, "phones-import-checked": 302, "phones-import-passwords": 302,
    "billing:rate-import-state": 302, "billing:rerating-state": 302,
    "billing:running-calls-state": 302, "billing:account-running-calls-state": 302,
    # A list of payments is named, or begun on the page before.
    "billing:distribute-table": 302,
}  # fmt: skip
POSTS = {
    # Deeds without a field to fill in.
    "accounts:login-sign-out": 303, "view-as-end": 303, "mail-again": 303, "job-cancel": 303,
    "job-retry": 303, "phone-reset": 303, "billing:rate-group-delete": 303,
    "billing:rate-import-undo": 303,
    # Lists of which nothing was chosen, and a file that there is none of.
    "reviews": 303, "billing:settlements": 303, "billing:rates-many": 303,
    "billing:call-queue-again": 303, "billing:call-record-again": 303,
    "billing:rerating-again": 303, "switch-remove": 303,
    "phones-import-errors": 303, "phones-import-checked": 303, "phones-import-passwords": 303,
    # One of several buttons.
    "approval": 400, "authorization-request": 400,
}  # fmt: skip

PORTAL = [
    pytest.param(route, address, id=route.name)
    for route in ROUTES
    if (address := classified(route))
    and address.audience in (Audience.PORTAL, Audience.ADMINISTRATORS)
]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for all addresses, with an administrator who looks as the agent; every request
    undoes itself.
    """
    with kept_for_a_module(django_db_blocker):
        made = World(is_authorized=True)
        browser = signed_in(StaffFactory(username="staff-looking", administrator=True))
        page = f"/accounts/{made.account_id('agent')}/view-as/"
        chosen = {"login_name": made.logins["agent"].username, "reason": "a call"}
        assert browser.post(page, chosen).status_code == 303
        made.browsers[LOOKING] = browser
        yield made


def test_views_state_what_the_rules_say() -> None:
    assert len(ROUTES) > 300
    for route in ROUTES:
        address = classified(route)
        assert address, route
        states = not is_former(route) and route.name not in ASK_BY_THEMSELVES
        expected = (address.asks, address.own_asks) if states else ("", "")
        assert (route.authorization or "", route.own_authorization or "") == expected, route


def test_the_registry_spells_the_eight_as_the_rules_do() -> None:
    asked = {one.values[1].asks for one in PORTAL} | {one.values[1].own_asks for one in PORTAL}
    assert asked == {"", *EIGHT}


def test_what_asks_by_itself_is_there() -> None:
    asking = {route.name for route in ROUTES if (one := classified(route)) and one.asks}
    assert ASK_BY_THEMSELVES - asking == set()


@pytest.mark.parametrize(("route", "address"), sampled(PORTAL, 3))
@pytest.mark.parametrize("method", METHODS)
def test_each_kind_of_person_is_answered_as_the_rules_say(
    world: World, route: Route, address: Address, method: str
) -> None:
    below = "agent" if address.is_own_only else "customer"
    code = address.asked(method, own=address.is_own_only)

    def ask(role: str, name: str = below, held: Collection[str] | None = None) -> int:
        return asked(world, role, method, route, address, name, held)

    found = {
        ADMINISTRATOR: ask(ADMINISTRATOR),
        OPERATOR: ask(OPERATOR),
        HOLDER: ask("own agent", held={code}),
        LACKING: ask("own agent", held=EIGHT - {code}),
        CUSTOMER: ask("customer", "customer"),
        FOREIGN: ask("sibling agent"),
        LOOKING: ask(LOOKING),
        ANONYMOUS: ask("anonymous"),
    }
    if address.names and not address.is_own_only:
        code = address.asked(method, own=True)
        found[AT_HOME] = ask("own agent", "agent", held={code})
    assert found == {one: expected(one, route, address, method) for one in found}


def expected(person: str, route: Route, address: Address, method: str) -> int:
    """The status that the rules give to this person."""
    is_looking = method == "GET"
    own = person == AT_HOME or address.is_own_only
    code = address.asked(method, own=own)
    lacks = {LACKING, CUSTOMER, FOREIGN, LOOKING} if code else set()
    is_tool = address.is_own_only or address.is_for_keepers
    if code and code not in ON_THE_OWN_ACCOUNT and not is_tool:
        lacks = lacks | {AT_HOME}
    if address.is_free_at_home:
        lacks = lacks - {AT_HOME, CUSTOMER}
    if person == ANONYMOUS:
        return 302
    if person == OPERATOR:
        return 302 if route.name == "dashboard" else 403
    if address.audience is Audience.ADMINISTRATORS and person != ADMINISTRATOR:
        return 403
    if person == LOOKING and not is_looking:
        return 303 if route.name == "view-as-end" else 403
    if address.is_post_only if is_looking else route.name not in POSTED_TO:
        return 405
    if person == FOREIGN and address.names:
        return 404
    sees_nothing = {CUSTOMER} if code else {CUSTOMER, HOLDER, AT_HOME}
    if address.is_for_keepers and person in sees_nothing:
        return 404
    if person in lacks or (person == LOOKING and route.name in FILES):
        return 403
    if person == ADMINISTRATOR and route.name == "accounts:list":
        return 200
    if person in HOLDS_ALL and is_looking and route.name == "authorization-request-new":
        # Nothing is left that could be asked for.
        return 303
    if person == AT_HOME and route.name == "accounts:gateway-ceiling":
        # Nobody raises the limit of the own account.
        return 422
    if is_former(route):
        return 302
    return GETS.get(route.name, 200) if is_looking else POSTS.get(route.name, 422)


def asked(
    world: World,
    role: str,
    method: str,
    route: Route,
    address: Address,
    name: str,
    held: Collection[str] | None,
) -> int:
    """The status of the answer, while the account of the role holds exactly `held`."""
    # A file, say, needs to be asked for in some format; a form is sent with nothing in it.
    first = "".join(address.variants[:1]).lstrip("?") if method == "GET" else ""
    with transaction.atomic():
        if held is not None:
            AccountGrant.objects.exclude(permission__codename__in=held).delete()
        path = route.path(world.values(route, name, role))
        status = world.ask(role, method, path, dict(parse_qsl(first))).status
        transaction.set_rollback(True)
    return status

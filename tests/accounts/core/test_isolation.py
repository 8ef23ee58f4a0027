"""Every address × every kind of person × own, foreign and unknown objects × GET and POST."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.accounts import account_edit
from tests.support.addresses import Route, walked
from tests.support.isolation import (
    FINE,
    METHODS,
    OBJECTS,
    ROUTES,
    ask,
    ask_unknown,
    assert_nothing_foreign,
    assert_refused,
    assert_same,
)
from tests.support.undoing import undone
from tests.support.urls_kinds import Address, Audience
from tests.support.urls_registry import REGISTRY, classified, is_former
from tests.support.world import OWN_ACCOUNT, ROLES, World

pytestmark = [pytest.mark.django_db, pytest.mark.walk, pytest.mark.smoke]

# One of each relation that this role has to accounts: what lies below the parent agent, say, lies
# below it all alike, and to an administrator there is nothing but agents and customers.
RELATIONS = {
    "customer": OBJECTS,
    "own agent": OBJECTS,
    "sibling agent": ("sibling", "customer", "top", "other_customer"),
    "parent agent": ("top", "agent", "customer", "other_customer"),
    "administrator": ("agent", "customer"),
}


def of(*audiences: Audience, names: str | None = None) -> list[Any]:
    """The routes of these audiences, as parameters of a test."""
    found = []
    for at, route in enumerate(ROUTES):
        address = classified(route)
        if address and address.audience in audiences and names in (None, address.names):
            found.append(pytest.param(route, address, id=f"{route.name or at}-{route.text}"))
    return walked(found)


def test_every_address_is_classified() -> None:
    unknown = [f"{one.name or '(no name)'}  /{one.text}" for one in ROUTES if not classified(one)]
    assert unknown == [], "add these to tests/support/urls_registry.py"


def test_the_registry_names_no_address_that_is_gone() -> None:
    names = {route.name for route in ROUTES}
    assert sorted(name for name in REGISTRY if "*" not in name and name not in names) == []


def test_everything_in_an_address_is_understood() -> None:
    known = {
        "": {
            "token",
            "uidb36",
            "key",
            "object_id",
            "content_type_id",
            "app_label",
            "url",
            "of_list",
        },
        "account": {"account_id"},
        "login": {"account_id", "username"},
        "factor": {"pk"},
        "request": {"pk"},
        "re-rating": {"pk"},
        "switch": {"pk"},
        "carrier": {"account_id"},
        "carrier's gateway": {"name"},
        "payment": {"pk"},
        "entry": {"pk"},
        "phone": {"number"},
        "batch": {"account_id", "pk"},
        "template": {"pk"},
        "job": {"job_id", "name", "output"},
        "draft": {"distribution_id"},
        "distribution": {"distribution_id"},
        "gateway": {"name"},
        "card batch": {"pk"},
        "card": {"serial"},
        "rate group": {"pk", "rate", "correction", "deck"},
        "call record": {"pk"},
        "call": {"pk"},
        "running call": {"pk"},
    }
    assert len(ROUTES) > 300
    for route in ROUTES:
        address = classified(route)
        assert address, route
        assert set(route.parameters) <= known[address.names], route
        assert not address.names or route.parameters, route


@pytest.mark.parametrize(
    ("route", "address"),
    of(Audience.SIGNED_IN, Audience.PORTAL, Audience.ADMINISTRATORS, Audience.STAFF),
)
@pytest.mark.parametrize("method", METHODS)
def test_who_is_not_signed_in_gets_the_sign_in_and_learns_nothing(
    world: World, route: Route, address: Address, method: str
) -> None:
    answers = set()
    for name in ("customer", "unknown"):
        values = world.values(route, name, "administrator")
        answer = world.ask("anonymous", method, route.path(values))
        assert answer.status == 302, answer.body[:2000]
        assert answer.location.startswith(("/login/", "/admin/login/")), answer.location
        plain = answer.without(route.path(values))
        answers.add((plain.status, plain.body, plain.location))
    assert len(answers) == 1


@pytest.mark.parametrize(("route", "address"), of(Audience.PUBLIC))
def test_public_addresses_answer_everybody_and_show_nobody_anything(
    world: World, route: Route, address: Address
) -> None:
    for role in ROLES:
        for method in METHODS:
            answer = world.ask(role, method, route.path(world.values(route, "unknown", role)))
            assert answer.status < 500, (role, method, answer.body[:2000])
            assert_nothing_foreign(world, role, answer)


@pytest.mark.parametrize(("route", "address"), of(Audience.SIGNED_IN, names=""))
def test_everybody_reaches_their_own_security(world: World, route: Route, address: Address) -> None:
    for role in ROLES[1:]:
        for method in METHODS:
            answer = world.ask(role, method, route.path(world.values(route, "unknown", role)))
            # What somebody has not set up does not exist.
            unset = {404} if route.name.startswith("mfa_") else set()
            assert answer.status in FINE[method] | unset, (role, method, answer.status)
            assert_nothing_foreign(world, role, answer)


@pytest.mark.parametrize(("route", "address"), of(Audience.SIGNED_IN, names="factor"))
@pytest.mark.parametrize("method", METHODS)
def test_a_second_factor_of_somebody_else_does_not_exist(
    world: World, route: Route, address: Address, method: str
) -> None:
    for role in ROLES[1:]:
        other = "customer" if role != "customer" else "operator"
        own = ask(world, role, method, route, {"pk": world.factors[role]})
        foreign = ask(world, role, method, route, {"pk": world.factors[other]})
        unknown = ask(world, role, method, route, world.values(route, "unknown"))
        assert own.status in FINE[method], (role, own.status)
        assert unknown.status == (405 if is_former(route) and method == "POST" else 404)
        assert_same(foreign, unknown)


@pytest.mark.parametrize(("route", "address"), of(Audience.STAFF))
@pytest.mark.parametrize("method", METHODS)
def test_only_operators_come_into_the_admin(
    world: World, route: Route, address: Address, method: str
) -> None:
    path = route.path(world.values(route, "unknown"))
    for role in ROLES[1:]:
        answer = world.ask(role, method, path)
        if role == "operator":
            assert answer.status < 500, answer.body[:2000]
            continue
        assert answer.status in (302, 403), (role, answer.status)
        assert not answer.location or answer.location.startswith("/admin/login/")
        assert_nothing_foreign(world, role, answer)


@pytest.mark.parametrize(("route", "address"), of(Audience.PORTAL, Audience.ADMINISTRATORS))
@pytest.mark.parametrize("method", METHODS)
def test_every_page_shows_each_person_their_own_and_nothing_else(
    world: World, route: Route, address: Address, method: str
) -> None:
    for role in ROLES[1:]:
        for name in asked_for(role, address):
            check(world, route, address, method, role, name)


def asked_for(role: str, address: Address) -> list[str]:
    """The objects this role asks for; who may not come at all is turned away before any object is
    looked for.
    """
    if not address.names:
        return ["unknown"]
    comes = role in RELATIONS and may_come(role, address)
    return [*(RELATIONS[role] if comes else ["customer"]), "unknown"]


def check(world: World, route: Route, address: Address, method: str, role: str, name: str) -> None:
    """One cell of the matrix: `role` asks for the object `name`."""
    values = world.values(route, name, role)
    data = {one: values.get("account_id", "") for one in address.fields}
    if method == "GET":
        # A file, say, needs to be asked for in some format.
        data = dict(parse_qsl("".join(address.variants[:1]).lstrip("?")))
    answer = world.ask(role, method, route.path(values), data)
    where = (route.name, method, role, name, answer.status)
    assert answer.status < 500, (*where, answer.body[:3000])
    assert_nothing_foreign(world, role, answer, *map(str, values.values()))
    if role == "operator":
        # One page for every object, so nothing can be told from it.
        assert answer.status in ({302} if route.name == "dashboard" else {403, 405}), where
        return
    if not may_come(role, address):
        assert answer.status in (403, 405), where
        return
    reached = world.reached(role)
    if address.is_own_only and role != "administrator":
        reached = reached & {OWN_ACCOUNT.get(role, "")}
    if address.is_for_keepers and role != "administrator":
        # Nobody here holds any of the eight.
        reached = set()
    if address.names and name not in reached:
        nothing = ask_unknown(world, role, method, route, data)
        assert nothing.status in (404, 405), where
        assert_same(answer.without(route.path(values)), nothing)
        return
    asked = address.asked(method, own=name == OWN_ACCOUNT.get(role))
    if asked and role != "administrator":
        assert_refused(answer, asked, where)
        return
    assert answer.status in FINE[method], (*where, answer.body[:3000])


def may_come(role: str, address: Address) -> bool:
    return address.audience is not Audience.ADMINISTRATORS or role == "administrator"


@pytest.mark.parametrize(("route", "address"), of(Audience.PORTAL, names="login"))
@pytest.mark.parametrize("method", METHODS)
def test_a_login_is_found_only_under_its_own_account(
    world: World, route: Route, address: Address, method: str
) -> None:
    for role in ("administrator", "own agent"):
        answers = [
            ask(world, role, method, route, world.values(route, "customer", login=login))
            for login in ("customer_2", "sibling_customer", "unknown")
        ]
        assert answers[-1].status in (403, 404, 405)
        for answer in answers:
            assert_same(answer, answers[-1])


def test_the_matrix_would_notice_a_leak(world: World) -> None:
    """The administrator's pages do hold what the others must never see."""
    answer = world.ask("administrator", "GET", "/tree/")
    with pytest.raises(AssertionError):
        assert_nothing_foreign(world, "own agent", answer)


def test_the_matrix_would_notice_a_deed_that_was_refused_and_done(world: World) -> None:
    def change(status: int) -> None:
        with undone() as answered:
            account_edit(actor=SYSTEM, account=world.account("customer"), name="Half done")
            answered(status)

    change(302)
    with pytest.raises(AssertionError, match="accounts.Account'"):
        change(403)
    assert Account.objects.get(pk=world.account("customer").pk).name != "Half done"

"""The same matrix for agents who hold the authorizations: every address that changes something ×
own, descendant, foreign and unknown objects × GET and POST.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from accounts.core.authorizations import Authorization, acts_on
from accounts.core.models import AccountGrant
from tests.support.addresses import Route, walked
from tests.support.isolation import (
    FINE,
    METHODS,
    OBJECTS,
    ROUTES,
    ask_unknown,
    assert_nothing_foreign,
    assert_refused,
    assert_same,
)
from tests.support.undoing import kept_for_a_module
from tests.support.urls_kinds import Address
from tests.support.urls_registry import classified
from tests.support.world import OWN_ACCOUNT, World

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

AUTHORIZED = ("own agent", "parent agent")


def changing() -> list[Any]:
    """The addresses that take one of the eight to be looked at."""
    return [
        pytest.param(route, address, id=route.name)
        for route in ROUTES
        if (address := classified(route)) and address.changes
    ]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for all addresses; every request undoes itself."""
    with kept_for_a_module(django_db_blocker):
        yield World(is_authorized=True)


def test_there_is_something_to_walk() -> None:
    assert len(changing()) > 10


@pytest.mark.parametrize(("route", "address"), walked(changing()))
@pytest.mark.parametrize("method", METHODS)
def test_authorized_agents_change_what_lies_below_them_and_nothing_else(
    world: World, route: Route, address: Address, method: str
) -> None:
    for role in AUTHORIZED:
        for name in [*OBJECTS, "unknown"] if address.names else ["agent"]:
            values = world.values(route, name, role)
            data = {one: values.get("account_id", "") for one in address.fields}
            answer = world.ask(role, method, route.path(values), data)
            where = (route.name, method, role, name, answer.status)
            assert_nothing_foreign(world, role, answer, *map(str, values.values()))
            reached = world.reached(role)
            if address.is_own_only:
                reached = reached & {OWN_ACCOUNT[role]}
            if address.names and name not in reached:
                nothing = ask_unknown(world, role, method, route, data)
                assert nothing.status in (404, 405), where
                assert_same(answer.without(route.path(values)), nothing)
                continue
            is_own = bool(address.names) and name == OWN_ACCOUNT[role]
            asked = Authorization(address.asked(method, own=is_own))
            # A list, a template or a rate group of one's own is about the accounts below.
            is_tool = address.names in ("draft", "template", "rate group", "call record")
            if is_own and not is_tool and not acts_on(asked, own=True):
                assert answer.status in (403, 405), where
                continue
            assert answer.status in FINE[method], (*where, answer.body[:2000])


@pytest.mark.parametrize(("route", "address"), walked(changing()))
@pytest.mark.parametrize("method", METHODS)
def test_who_holds_nothing_beside_them_is_refused_by_the_name_of_the_authorization(
    world: World, route: Route, address: Address, method: str
) -> None:
    for role in ("customer", "sibling agent"):
        values = world.values(route, OWN_ACCOUNT[role], role)
        answer = world.ask(role, method, route.path(values))
        if address.is_for_keepers:
            assert answer.status in (404, 405), (route.name, role, answer.status)
            continue
        asked = address.asked(method, own=True)
        assert_refused(answer, asked, (route.name, role, answer.status))


@pytest.mark.parametrize(("route", "address"), walked(changing()))
@pytest.mark.parametrize("method", METHODS)
def test_who_holds_all_but_the_one_is_refused_by_its_name(
    world: World, route: Route, address: Address, method: str
) -> None:
    """None of the other seven stands in for it, whatever a page's form would show or not."""
    for name in ("agent", "customer") if address.names else ("agent",):
        asked = address.asked(method, own=name == "agent")
        with transaction.atomic():
            AccountGrant.objects.filter(permission__codename=asked).delete()
            values = world.values(route, name, "own agent")
            data = {one: values.get("account_id", "") for one in address.fields}
            answer = world.ask("own agent", method, route.path(values), data)
            transaction.set_rollback(True)
        where = (route.name, method, name, answer.status)
        if address.is_own_only and name != "agent":
            assert answer.status in (404, 405), where
            continue
        assert_refused(answer, asked, where)

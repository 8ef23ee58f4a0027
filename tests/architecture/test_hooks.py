"""Packages add what is theirs to the pages of others, which go on without it."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from django.test import Client

from accounts.audit.words import deeds as audit_words
from accounts.core.actor import actor_for
from accounts.core.models import User
from accounts.portal.registry import Additions, registry
from tests.factories import GatewayFactory, ResellerTree, UserFactory, phone

pytestmark = pytest.mark.wide

OVERVIEW = "/accounts/Dhaka-Retail-Sub/"
LIST = "/accounts/BD-Wholesale-Agent/sub-accounts/?show=all"
MENU = "/accounts/Dhaka-Retail-Sub/menu/"
SEARCH = "/search/?q=880155"
PAGES = [
    "/",
    "/accounts/",
    LIST,
    OVERVIEW,
    MENU,
    SEARCH,
    "/search/?q=1",
    "/audit/",
    "/accounts/Dhaka-Retail-Sub/audit/",
    "/accounts/new/?agent=Dhaka-Retail-Sub",
    "/accounts/Dhaka-Retail-Sub/edit/",
    "/accounts/Dhaka-Retail-Sub/move/?parent=Master-Agent-2",
    "/accounts/Dhaka-Retail-Sub/close/",
    "/accounts/Dhaka-Retail-Sub/delete/",
    "/accounts/BD-Wholesale-Agent/sub-accounts/export/?show=all&columns=all&format=csv",
]
# Seen in their order, so no two stand at the same place.
ORDERED = [
    "account_tabs",
    "row_actions",
    "columns",
    "list_filters",
    "search_sections",
    "search_deeds",
    "search_pages",
    "modules",
    "dashboard_cards",
    "own_cards",
    "own_pages",
    "overview_cards",
    "panel_parts",
    "number_cards",
    "audit_groups",
    "setup_steps",
    "first_steps",
    "standing_checks",
    "move_effects",
    "close_blockers",
    "delete_blockers",
]


@pytest.fixture
def visitor(administrator: User, reseller_tree: ResellerTree, client_of: Any) -> Client:
    phone(reseller_tree.agent, "88015501")
    GatewayFactory(account=reseller_tree.agent, name="gw-880155")
    visitor: Client = client_of(administrator)
    return visitor


@pytest.fixture(params=registry.packages)
def package(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def added(package: str) -> Iterator[Additions]:
    """What the package added, taken back for the test."""
    additions = registry.take_back(package)
    yield additions
    registry.add(package, additions)


def shown(visitor: Client) -> dict[str, set[str]]:
    """The names of what pages show of packages."""
    overview, listed = visitor.get(OVERVIEW), visitor.get(f"{LIST}&panel=columns")
    return {
        "account_tabs": {str(one["url"]) for one in overview.context["tabs"]},
        "modules": {one.url for entry in overview.context["nav"] for one in (entry, *entry.tabs)},
        "row_actions": {one.name for one in visitor.get(MENU).context["items"]},
        "columns": {column.name for column, _shown in listed.context["choices"]},
        "search_sections": {one.name for one in visitor.get(SEARCH).context["groups"]},
    }


def brought(additions: Additions, tree: ResellerTree, login: User) -> dict[str, set[str]]:
    """The same as the package brought it, as far as it applies there."""
    actor = actor_for(login)
    urls = {tab.url(actor, tree.agent) for tab in additions.account_tabs}
    actions = [one for one in additions.row_actions if one.in_rows]
    return {
        "account_tabs": {url for url in urls if url is not None},
        "modules": {one.url() for one in additions.modules if one.is_for(actor)},
        "row_actions": {one.name for one in actions if one.url(actor, tree.agent) is not None},
        "columns": {one.name for one in additions.columns},
        "search_sections": {one.name for one in additions.search_sections},
    }


def test_what_a_package_brings_goes_with_it(
    added: Additions, visitor: Client, reseller_tree: ResellerTree, administrator: User
) -> None:
    here = shown(visitor)
    gone = brought(added, reseller_tree, administrator)
    assert {kind: names & here[kind] for kind, names in gone.items() if names & here[kind]} == {}
    words = [name for terms in added.audit_terms for name in terms.words]
    assert [name for name in words if audit_words.words(name)[0] not in ("dot", "download")] == []
    known = {name for name, _label in audit_words.group_choices()}
    left = {group.name for group in registry.audit_groups}
    assert {group.name for group in added.audit_groups} & known <= left


def test_what_packages_bring_is_shown(
    package: str, visitor: Client, reseller_tree: ResellerTree, administrator: User
) -> None:
    additions = registry.take_back(package)
    registry.add(package, additions)
    here = shown(visitor)
    there = brought(additions, reseller_tree, administrator)
    # Nothing else is found by these digits.
    there["search_sections"] &= {"phones", "gateways"}
    assert {kind: names - here[kind] for kind, names in there.items() if names - here[kind]} == {}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_goes_on_without_it(added: Additions, visitor: Client, page: str) -> None:
    answer = visitor.get(page)
    assert answer.status_code == 200, answer.headers.get("Location", "")


def test_an_agent_goes_on_without_it(
    added: Additions, reseller_tree: ResellerTree, agent_login: Any, client_of: Any
) -> None:
    visitor = client_of(agent_login(reseller_tree.top))
    for page in ("/", LIST, OVERVIEW, SEARCH, "/audit/"):
        assert visitor.get(page).status_code == 200, page


def test_a_customer_goes_on_without_it(
    added: Additions, reseller_tree: ResellerTree, client_of: Any
) -> None:
    visitor = client_of(UserFactory(account=reseller_tree.customer))
    for page in ("/", "/accounts/Customer-001/", "/security/"):
        assert visitor.get(page).status_code == 200, page


@pytest.mark.parametrize("kind", ORDERED)
def test_the_order_does_not_follow_from_who_registered_first(kind: str) -> None:
    orders = [getattr(one, "order", 0) for one in getattr(registry, kind)]
    assert orders
    assert orders == sorted(orders)
    twice = {order for order in orders if orders.count(order) > 1}
    clashing = [one for one in getattr(registry, kind) if getattr(one, "order", 0) in twice]
    assert clashing == [], "these share a place: give one of them another order"


def test_everything_can_be_taken_back() -> None:
    before = {one.name: list(getattr(registry, one.name)) for one in fields(Additions)}
    taken = {name: registry.take_back(name) for name in registry.packages}
    assert all(getattr(registry, name) == [] for name in before)
    for name, additions in taken.items():
        registry.add(name, additions)
    assert {name: getattr(registry, name) for name in before} == before

"""The list of requests for authorizations narrowed, counted and as a file."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.core.actor import actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import User
from accounts.requests.services import authorization_ask, authorization_refuse
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.sheets import read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

LIST, FILE = "/authorizations/requests/", "/authorizations/requests/export/?format=csv"
PHONES, GATEWAYS = Authorization.MANAGE_PHONE, Authorization.MANAGE_GATEWAY


@pytest.fixture
def asked(reseller_tree: ResellerTree, administrator: User) -> list[str]:
    """Of Customer-001: one that waits and one that was refused, by key."""
    grant(reseller_tree.agent, Authorization.MANAGE_ACCOUNT, PHONES)
    actor = actor_for(UserFactory(account=reseller_tree.customer, username="customer-desk"))
    waits = authorization_ask(actor=actor, code=PHONES, reason="hands out numbers")
    refused = authorization_ask(actor=actor, code=GATEWAYS, reason="a line of its own")
    authorization_refuse(actor=actor_for(administrator), request=refused, answer="not yet")
    return [waits.key, refused.key]


def listed(browser: Client, query: str) -> list[str]:
    answer = browser.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return [line.key for line in answer.context["table"].lines]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", [0]),
        ("?show=answered", [1]),
        ("?show=refused", [1]),
        ("?show=granted", []),
        ("?show=all", [1, 0]),
        ("?show=all&code=manage_gateway", [1]),
        ("?q=customer-desk", [0]),
        ("?q=CUSTOMER-001&show=all", [1, 0]),
        ("?q=nobody", []),
    ],
)
def test_it_is_narrowed(admin: Client, asked: list[str], query: str, places: list[int]) -> None:
    assert listed(admin, query) == [asked[one] for one in places]


@pytest.mark.usefixtures("asked")
def test_the_tab_of_what_waits_says_how_much(admin: Client) -> None:
    tabs = admin.get(LIST).context["views"]
    assert [(str(one["label"]), one["count"]) for one in tabs] == [
        ("Waiting", "1"), ("Answered", ""), ("Refused", ""), ("Everything", ""),
    ]  # fmt: skip


@pytest.mark.usefixtures("asked")
def test_of_others_nothing_is_listed_counted_or_written(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    other = client_of(UserFactory(account=reseller_tree.sibling))
    assert listed(other, "?show=all") == []
    assert other.get(LIST).context["views"][0]["count"] == ""
    assert read_csv(other.get(f"{FILE}&show=all")) == []
    agent = client_of(UserFactory(account=reseller_tree.agent))
    assert agent.get(LIST).context["views"][0]["count"] == "1"


@pytest.mark.usefixtures("asked")
def test_the_file_says_what_was_asked_and_answered(admin: Client) -> None:
    refused, waits = read_csv(admin.get(f"{FILE}&show=all"))
    assert (waits["Account ID"], waits["State"]) == ("Customer-001", "Waiting")
    assert (waits["Why"], waits["Answer"]) == ("hands out numbers", "")
    assert (refused["State"], refused["Answer"]) == ("Refused", "not yet")

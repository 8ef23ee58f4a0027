"""The ways to a distribution: from the payments, and from accounts selected in a list."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.tree.services.ending import account_close
from tests.factories import ResellerTree, UserFactory
from tests.support.pages import just_signed_in, sent_by_form, text_of, words_of
from tests.support.paying import balance

pytestmark = pytest.mark.django_db

SELECTION = "/payments/distribute/selection/"
# The own list, as it is without filters.
HERE = {"agent_list": "", "query": ""}


@pytest.fixture
def stranger(tree: ResellerTree, client_of: Callable[[User], Client]) -> Client:
    """Of an agent without any authorization."""
    return client_of(UserFactory(account=tree.sibling))


def lines(page: object) -> list[str]:
    return [row["name"] for row in page.context["rows"]]  # type: ignore[attr-defined]


def test_more_accounts_than_a_table_holds_become_a_list(
    agent: Client, tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.distributions.views.table.MOST_ROWS", 2)
    page = agent.post(
        SELECTION, {**HERE, "account": ["Customer-002", "customer-001", "Sub-Sub-Agent"]}
    )
    named = page.context["form"]["lines"].value().split()
    assert named == ["Customer-001", "Customer-002", "Sub-Sub-Agent"]
    assert "3 accounts were taken over" in text_of(page)
    sent = {name: one[0] for name, one in sent_by_form(page, "control_sum").items()}
    sent |= {"lines": "\n".join(named), "each": "2", "control_sum": "6"}
    check = agent.get(agent.post("/payments/distribute/", sent)["Location"])
    sent = {name: one[0] for name, one in sent_by_form(check, "seen").items()}
    assert agent.post(check.request["PATH_INFO"], sent).status_code == 303
    assert balance(tree.sub_agent) == 2


def test_everything_that_matches_is_a_selection_as_well(agent: Client) -> None:
    page = agent.post(SELECTION, {**HERE, "all": "1", "query": "show=all&q=customer"})
    assert lines(page) == ["Customer-001", "Customer-002", "Customer-301"]


def test_foreign_accounts_are_none(agent: Client) -> None:
    page = agent.post(SELECTION, {**HERE, "account": ["Customer-101", "Nobody-1", "Customer-001"]})
    assert lines(page) == ["Customer-001"]
    answer = agent.post(SELECTION, {**HERE, "account": ["Customer-101", "Nobody-1"]})
    assert answer.status_code == 303
    assert "Nothing was selected." in text_of(agent.get(answer["Location"]))
    assert (
        agent.post(SELECTION, {"agent_list": "Sylhet-Retail-Sub", "query": ""}).status_code == 404
    )


def test_closed_accounts_are_left_out_and_it_is_said(agent: Client, tree: ResellerTree) -> None:
    account_close(actor=SYSTEM, account=tree.customer, reason="test")
    page = agent.post(SELECTION, {**HERE, "account": ["Customer-001", "Customer-002"]})
    assert lines(page) == ["Customer-002"]
    assert "1 account was left out" in text_of(page)
    answer = agent.post(SELECTION, {**HERE, "account": ["Customer-001"]})
    assert answer.status_code == 303
    assert "1 account was left out" in text_of(agent.get(answer["Location"]))


def test_it_is_posted_and_never_asked_for(agent: Client) -> None:
    assert agent.get(SELECTION).status_code == 405


def test_without_authorization_8_it_is_refused(stranger: Client) -> None:
    answer = stranger.post(SELECTION, {**HERE, "account": ["Customer-101"]})
    assert answer.status_code == 403
    assert "authorization 8" in answer.content.decode()


@pytest.mark.parametrize("page", ["/accounts/Dhaka-Retail-Sub/sub-accounts/", "/payments/"])
def test_who_may_distribute_is_led_there(agent: Client, page: str) -> None:
    assert "Distribute credit" in text_of(agent.get(page))


@pytest.mark.parametrize("page", ["/accounts/Sylhet-Retail-Sub/sub-accounts/", "/payments/"])
def test_who_may_not_is_not(stranger: Client, page: str) -> None:
    assert "Distribute credit" not in words_of(stranger.get(page))


def test_administrators_select_in_every_list(tree: ResellerTree, administrator: User) -> None:
    browser = just_signed_in(administrator)
    page = browser.post(SELECTION, {**HERE, "account": ["BD-Wholesale-Agent", "Customer-201"]})
    assert lines(page) == ["BD-Wholesale-Agent", "Customer-201"]
    page = browser.post(SELECTION, {"agent_list": "Dhaka-Retail-Sub", "query": "", "all": "1"})
    assert lines(page) == ["Customer-001", "Customer-002", "Sub-Sub-Agent"]


def test_the_bulk_bar_sends_the_selection_there(agent: Client) -> None:
    page = agent.get("/accounts/Dhaka-Retail-Sub/sub-accounts/").content.decode()
    assert f'formaction="{SELECTION}"' in page

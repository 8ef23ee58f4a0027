"""Settling former transfers by page: the list, the check page, the deed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.ledger.services.settling import settlement_post
from tests.factories import ResellerTree, UserFactory
from tests.support.pages import field_error, sent_by_form, text_of, words_of
from tests.support.paying import balance, pay
from tests.support.settling import former_transfer

pytestmark = pytest.mark.django_db

LIST = "/payments/settlements/"


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    """Dhaka and BD-Wholesale have paid out of their own balances."""
    pay(reseller_tree.agent, "1000")
    pay(reseller_tree.top, "500")
    former_transfer(reseller_tree.agent, reseller_tree.customer, "100")
    former_transfer(reseller_tree.agent, reseller_tree.customer, "20", "deduction")
    former_transfer(reseller_tree.agent, reseller_tree.customer_2, "50")
    former_transfer(reseller_tree.top, reseller_tree.sibling, "200")
    return reseller_tree


def checked(browser: Client, *accounts: str) -> Any:
    return browser.post(LIST, {"account": accounts})


def confirmed(browser: Client, page: Any, reason: str = "The new rules") -> Any:
    return browser.post(LIST, {**sent_by_form(page, "confirmed"), "reason": reason})


def test_the_list_says_who_gets_how_much(admin: Client, tree: ResellerTree) -> None:
    text = text_of(admin.get(LIST))
    assert "2 agents, 330.00 USD" in text
    assert "Dhaka-Retail-Sub 2 sub-accounts 870.00 1,000.00 130.00" in text
    assert "BD-Wholesale-Agent 1 sub-account 300.00 500.00 200.00" in text


def test_an_agent_opened_says_it_by_sub_account(admin: Client, tree: ResellerTree) -> None:
    page = admin.get(f"{LIST}Dhaka-Retail-Sub/")
    text = text_of(page)
    assert "130.00 USD to pay back" in text
    assert "Customer-001 100.00 20.00 80.00 80.00" in text
    assert "Customer-002 50.00 0.00 50.00 50.00" in text
    assert sent_by_form(page, "account")["account"] == ["Dhaka-Retail-Sub"]


def test_nothing_is_posted_before_it_was_checked(admin: Client, tree: ResellerTree) -> None:
    page = checked(admin, "Dhaka-Retail-Sub")
    text = text_of(page)
    assert "Nothing has happened yet." in text
    assert "Customer-001 100.00 20.00 80.00 80.00" in text
    assert "Pay back 130.00 USD" in text
    assert balance(tree.agent) == 870


def test_the_selected_are_settled_each_for_itself(admin: Client, tree: ResellerTree) -> None:
    answer = confirmed(admin, checked(admin, "Dhaka-Retail-Sub", "BD-Wholesale-Agent"))
    assert (answer.status_code, answer["Location"]) == (303, LIST)
    assert (balance(tree.agent), balance(tree.top)) == (1000, 500)
    text = text_of(admin.get(LIST))
    assert "2 agents are settled." in text
    assert "Nothing to settle" in text
    assert "Settled Settlements that were posted" in text
    assert "The new rules" in text
    made = Transaction.objects.get(kind="settled", account=tree.agent)
    receipt = text_of(admin.get(f"/payments/{made.key}/"))
    for words in ("Type Settlement of transfers", "Reason The new rules", "130.00 USD"):
        assert words in receipt
    assert "See the receipt" in text_of(admin.get(f"{LIST}Dhaka-Retail-Sub/"))


def test_the_agent_reads_it(
    admin: Client, tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    confirmed(admin, checked(admin, "Dhaka-Retail-Sub"))
    agent = client_of(UserFactory(account=tree.agent))
    text = text_of(agent.get("/accounts/Dhaka-Retail-Sub/statement/"))
    assert "Settlement of transfers 1 +130.00" in text
    assert "The new rules" in text
    text = text_of(agent.get("/accounts/Dhaka-Retail-Sub/payments/?kind=settled"))
    assert "Settlement of transfers" in text
    assert "Administrator" in text


def test_a_reason_is_asked_for(admin: Client, tree: ResellerTree) -> None:
    page = confirmed(admin, checked(admin, "Dhaka-Retail-Sub"), "")
    assert page.status_code == 422
    assert field_error(page, "reason") == "Give a reason."
    assert sent_by_form(page, "confirmed")["account"] == ["Dhaka-Retail-Sub"]
    assert balance(tree.agent) == 870


def test_what_has_changed_since_is_refused_and_shown_anew(
    admin: Client, tree: ResellerTree
) -> None:
    page = checked(admin, "Dhaka-Retail-Sub")
    pay(tree.customer, "30", "deduction")
    answer = confirmed(admin, page)
    assert answer.status_code == 422
    assert "has changed meanwhile" in text_of(answer)
    assert "Pay back 100.00 USD" in text_of(answer)
    assert balance(tree.agent) == 870
    assert confirmed(admin, answer).status_code == 303
    assert balance(tree.agent) == 970


def test_of_several_the_changed_one_alone_is_left(admin: Client, tree: ResellerTree) -> None:
    page = checked(admin, "Dhaka-Retail-Sub", "BD-Wholesale-Agent")
    pay(tree.customer, "30", "deduction")
    assert confirmed(admin, page).status_code == 303
    text = text_of(admin.get(LIST))
    assert "What Dhaka-Retail-Sub is owed has changed meanwhile" in text
    assert "1 agent is settled." in text
    assert (balance(tree.agent), balance(tree.top)) == (870, 500)


def test_a_sum_that_was_not_shown_is_not_paid(admin: Client, tree: ResellerTree) -> None:
    data = {"account": "Dhaka-Retail-Sub", "confirmed": "1", "reason": "x"}
    assert admin.post(LIST, data).status_code == 422
    assert balance(tree.agent) == 870


def test_what_is_settled_or_unknown_is_not_settled_again(admin: Client, tree: ResellerTree) -> None:
    page = checked(admin, "Dhaka-Retail-Sub")
    settlement_post(actor=SYSTEM, agent=tree.agent, reason="a colleague")
    for post in (
        lambda: confirmed(admin, page),
        lambda: checked(admin, "Nobody"),
        lambda: checked(admin),
    ):
        answer = post()
        assert (answer.status_code, answer["Location"]) == (303, LIST)
        assert "Nothing was selected" in text_of(admin.get(LIST))
    assert balance(tree.agent) == 1000


def test_nobody_else_comes_here(tree: ResellerTree, client_of: Callable[[User], Client]) -> None:
    agent = client_of(UserFactory(account=tree.agent))
    for path in (LIST, f"{LIST}Dhaka-Retail-Sub/"):
        assert agent.get(path).status_code == 403
        assert agent.post(path, {"account": "Dhaka-Retail-Sub"}).status_code == 403


def test_who_signed_in_long_ago_proves_it_again(
    administrator: User, tree: ResellerTree, client_of_long_ago: Callable[[User], Client]
) -> None:
    browser = client_of_long_ago(administrator)
    answer = checked(browser, "Dhaka-Retail-Sub")
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]


def test_payments_lead_there_where_a_policy_is_covered(admin: Client, tree: ResellerTree) -> None:
    assert "Former transfers" not in text_of(admin.get("/payments/"))
    payment_policy_set(actor=SYSTEM, account=tree.agent, funding="covered")
    assert "Former transfers" in text_of(admin.get("/payments/"))
    assert "Former transfers of this agent" in text_of(
        admin.get("/accounts/Dhaka-Retail-Sub/payments/policy/")
    )


def test_reversing_a_settled_transfer_warns(admin: Client, tree: ResellerTree) -> None:
    old = Transaction.objects.filter(account=tree.customer_2).get()
    outside = pay(tree.customer_2, "5")
    assert "Settled already." not in words_of(admin.get(f"/payments/{old.key}/reverse/"))
    settlement_post(actor=SYSTEM, agent=tree.agent, reason="upgrade")
    text = text_of(admin.get(f"/payments/{old.key}/reverse/"))
    assert "Settled already. What the sub-accounts of Dhaka-Retail-Sub held" in text
    assert "Settled already." not in words_of(admin.get(f"/payments/{outside.key}/reverse/"))


def test_reversing_a_transfer_that_corrected_something_does_not(
    admin: Client, tree: ResellerTree
) -> None:
    corrected = pay(tree.customer_2, "5", "transfer", source=tree.agent, memo="wrong account")
    settlement_post(actor=SYSTEM, agent=tree.agent, reason="upgrade")
    words = words_of(admin.get(f"/payments/{corrected.key}/reverse/"))
    assert "Settled already." not in words


def test_an_empty_list_says_so(admin: Client, reseller_tree: ResellerTree) -> None:
    assert "Nothing to settle" in text_of(admin.get(LIST))
    assert "Nothing to settle" in text_of(admin.get(f"{LIST}Dhaka-Retail-Sub/"))

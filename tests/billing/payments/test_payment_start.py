"""Where a payment begins: whom it goes to, what it would do while it is typed, and the way back."""

from typing import ClassVar

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.tree.services.ending import account_close
from tests.factories import AccountFactory, ResellerTree, revoke
from tests.support.pages import field_error, markup_of, text_of, words_of
from tests.support.paying import balance, confirmed, form, page_of, pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

START = "/payments/new/"
ELSEWHERE = ["https://elsewhere.example/", "//elsewhere.example/", "javascript:x"]
HELD = (Authorization.PAY_SUB_ACCOUNT,)


def effect(client: Client, account: str, **typed: str) -> str:
    answer = client.get(f"/accounts/{account}/payments/new/effect/", typed)
    assert answer.status_code == 200
    return text_of(answer)


def test_the_account_is_named_first(agent: Client, tree: ResellerTree) -> None:
    assert 'name="account"' in markup_of(agent.get(START))
    answer = agent.get(START, {"account": "CUSTOMER-001"})
    assert (answer.status_code, answer["Location"]) == (303, page_of(tree.customer))


class TestInThePageThatStands:
    """By script the form of the account takes the place of the first one."""

    BY_SCRIPT: ClassVar = {"HX-Request": "true"}

    def test_what_was_typed_goes_along(self, agent: Client, tree: ResellerTree) -> None:
        typed = {"amount": "7.5", "method": "cash", "reference": "SLIP-9", "back": "/phones/"}
        led = agent.get(START, {"account": "Customer-001", **typed}, headers=self.BY_SCRIPT)
        assert led.status_code == 303
        page = markup_of(agent.get(led["Location"], headers=self.BY_SCRIPT))
        assert 'value="7.5"' in page
        assert '<option value="cash" selected>' in page
        assert 'value="SLIP-9"' in page
        assert 'name="back" value="/phones/"' in page

    def test_it_holds_the_form_of_the_account_and_the_way_back_to_the_picker(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        pay(tree.customer, "12")
        page = markup_of(agent.get(page_of(tree.customer), headers=self.BY_SCRIPT))
        assert 'id="pay"' in page
        assert f'hx-get="{START}"' in page
        # Nothing in it looks for a place of its own in the page.
        assert "hx-swap-oob" not in page

    def test_opened_as_a_page_it_leads_to_the_picker_as_one(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        page = markup_of(agent.get(page_of(tree.customer)))
        assert f'href="{START}"' in page
        assert f'hx-get="{START}"' not in page

    def test_the_page_it_stands_in_is_not_the_one_that_led_to_it(
        self, agent: Client, tree: ResellerTree
    ) -> None:
        came = {**self.BY_SCRIPT, "Referer": f"http://testserver{START}"}
        page = markup_of(agent.get(page_of(tree.customer), headers=came))
        assert 'name="back"' in page
        assert f'value="{START}"' not in page

    @pytest.mark.parametrize("named", ["closed", "own"])
    def test_where_the_page_has_something_to_say_first_it_is_opened(
        self, agent: Client, tree: ResellerTree, named: str
    ) -> None:
        account = tree.agent
        if named == "closed":
            account = AccountFactory(parent=tree.agent)
            account_close(actor=SYSTEM, account=account, reason="x")
        asked = {"account": account.account_id}
        answer = agent.get(START, asked, headers=self.BY_SCRIPT)
        assert answer["HX-Redirect"] == page_of(account)
        assert agent.get(START, asked)["Location"] == page_of(account)

    def test_an_unknown_account_is_said_in_place(self, agent: Client) -> None:
        page = markup_of(agent.get(START, {"account": "Nobody"}, headers=self.BY_SCRIPT), 422)
        assert 'id="pay"' in page
        assert "There is no such account." in page


@pytest.mark.parametrize("named", ["Nobody", "Master-Agent-2"])
def test_foreign_and_unknown_are_the_same(agent: Client, tree: ResellerTree, named: str) -> None:
    answer = agent.get(START, {"account": named})
    assert answer.status_code == 422
    assert "There is no such account." in text_of(answer)


def test_who_may_not_pay_is_told_so(agent: Client, tree: ResellerTree) -> None:
    revoke(tree.agent, Authorization.PAY_SUB_ACCOUNT)
    assert agent.get(START).status_code == 403
    assert "New payment" not in words_of(agent.get("/payments/"))


def test_before_and_after_without_paying(agent: Client, tree: ResellerTree) -> None:
    pay(tree.customer, "12")
    words = effect(agent, "Customer-001", kind="recharge", amount="50")
    assert "Balance now 12.00 This payment +50.00 Balance after 62.00" in words
    words = effect(agent, "Customer-001", kind="make_zero", amount="")
    assert "This payment −12.00 Balance after 0.00" in words
    assert balance(tree.customer) == 12


def test_why_not(agent: Client, tree: ResellerTree) -> None:
    pay(tree.customer, "12")
    assert "above zero" in effect(agent, "Customer-001", kind="recharge", amount="0")
    assert "Enter an amount" in effect(agent, "Customer-001", kind="recharge", amount="x")
    words = effect(agent, "Customer-001", kind="deduction", amount="13")
    assert "Customer-001 has 12.00 available; 1.00 are missing." in words


def test_nothing_typed_shows_the_balance_alone(agent: Client, tree: ResellerTree) -> None:
    pay(tree.customer, "12")
    words = effect(agent, "Customer-001", kind="recharge", amount="")
    assert words.startswith("Balance now 12.00 Balance after –")


def test_what_is_usual_stands_beside_it(agent: Client, tree: ResellerTree) -> None:
    for amount in ("50", "20", "50"):
        pay(tree.customer, amount, reference=f"SLIP-{amount}")
    page = agent.get(page_of(tree.customer))
    assert "usually 50.00" in text_of(page)
    assert markup_of(page).count("SLIP-50") == 2
    # The usual amount first, then the others, each once.
    offered = [one.partition('"')[0] for one in markup_of(page).split('data-value="')[1:]]
    assert offered == ["50.00", "20.00"]


def test_an_account_never_paid_has_no_usual_amount(agent: Client, tree: ResellerTree) -> None:
    page = agent.get(page_of(tree.customer))
    assert "What it does" in text_of(page)
    assert "Last payments" not in text_of(page)
    assert "data-value" not in markup_of(page)


def test_the_address_fills_the_amount_in(agent: Client, tree: ResellerTree) -> None:
    page = markup_of(agent.get(page_of(tree.customer), {"amount": "7.5"}))
    assert 'value="7.5"' in page


def test_the_receipt_leads_back_to_where_one_came_from(agent: Client, tree: ResellerTree) -> None:
    came = "http://testserver/accounts/?show=all"
    asked = agent.get(page_of(tree.customer), headers={"Referer": came})
    assert 'name="back" value="/accounts/?show=all"' in markup_of(asked)
    sent = form("50", back="/accounts/?show=all")
    answer = confirmed(agent, tree.customer, sent)
    assert answer["Location"].endswith("/?back=%2Faccounts%2F%3Fshow%3Dall")
    assert 'href="/accounts/?show=all"' in markup_of(agent.get(answer["Location"]))


def test_so_does_one_that_began_with_naming_the_account(agent: Client, tree: ResellerTree) -> None:
    asked = markup_of(agent.get(START, headers={"Referer": "http://testserver/"}))
    assert 'name="back" value="/"' in asked
    led = agent.get(START, {"account": "Customer-001", "back": "/"})
    assert led["Location"] == f"{page_of(tree.customer)}?back=%2F"
    assert 'name="back" value="/"' in markup_of(agent.get(led["Location"]))
    answer = confirmed(agent, tree.customer, form("50", back="/"))
    # Whoever pays another one still comes from there.
    assert f'href="{START}?back=%2F"' in markup_of(agent.get(answer["Location"]))


@pytest.mark.parametrize("back", ELSEWHERE)
def test_an_address_that_names_another_site_is_no_way_back(
    agent: Client, tree: ResellerTree, back: str
) -> None:
    for url in (START, page_of(tree.customer)):
        page = markup_of(agent.get(url, {"back": back}))
        assert "Nothing is paid before you have checked it." in page
        assert f'"{back}"' not in page
    assert agent.get(START, {"account": "Customer-001", "back": back})["Location"] == page_of(
        tree.customer
    )


@pytest.mark.parametrize("back", ELSEWHERE)
def test_the_receipt_leads_nowhere_else(agent: Client, tree: ResellerTree, back: str) -> None:
    answer = confirmed(agent, tree.customer, form("50", back=back))
    page = markup_of(agent.get(answer["Location"]))
    assert "50.00" in page
    assert "elsewhere" not in page
    assert "Back to where you were" not in page


@pytest.mark.parametrize("back", ELSEWHERE)
def test_nor_does_the_form_that_comes_back(agent: Client, tree: ResellerTree, back: str) -> None:
    page = agent.post(page_of(tree.customer), form("", back=back))
    assert field_error(page, "amount") == "Enter an amount above zero."
    assert f'href="{back}"' not in page.content.decode()


def test_a_page_of_another_site_is_no_way_back(agent: Client, tree: ResellerTree) -> None:
    came = {"Referer": "https://elsewhere.example/accounts/"}
    page = markup_of(agent.get(page_of(tree.customer), headers=came))
    assert 'name="amount"' in page
    assert "elsewhere" not in page

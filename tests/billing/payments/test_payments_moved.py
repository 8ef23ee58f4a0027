"""What an agent noted on payments, once the account was moved away from it: who still reads it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import User
from accounts.tree.services.moving import account_move
from billing.ledger.models import Transaction
from billing.ledger.services.posting import Movement, between, input_hash, post
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.pages import text_of, words_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

NOTE = "Pays late, watch out"
LIST = "/accounts/Customer-001/payments/"
STATEMENT = "/accounts/Customer-001/statement/"
SEARCH = f"/search/?q={NOTE[:9]}"


@pytest.fixture
def imran(reseller_tree: ResellerTree) -> Actor:
    """Of the agent that Customer-001 belonged to."""
    grant(reseller_tree.top)
    grant(reseller_tree.agent)
    return actor_for(UserFactory(account=reseller_tree.agent, username="imran"))


@pytest.fixture
def paid(reseller_tree: ResellerTree, imran: Actor) -> Transaction:
    """By Imran, with a note, to Customer-001, which belongs to another agent now."""
    made = pay(reseller_tree.customer, "50", actor=imran, memo=NOTE)
    account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling)
    return made


@pytest.fixture
def heir(reseller_tree: ResellerTree) -> Client:
    """Of the agent it belongs to now."""
    return signed_in(UserFactory(account=reseller_tree.sibling))


def receipt(made: Transaction) -> str:
    return f"/payments/{made.key}/"


def file_of(browser: Client, url: str) -> str:
    answer: Any = browser.get(f"{url}export/?format=csv")
    return b"".join(answer.streaming_content).decode()


def test_the_new_agent_sees_the_payment_and_not_the_note(heir: Client, paid: Transaction) -> None:
    for url in (LIST, receipt(paid), STATEMENT):
        page = heir.get(url)
        assert "50.00" in text_of(page)
        assert NOTE not in words_of(page)


def test_the_receipt_says_nothing_of_a_memo(heir: Client, paid: Transaction) -> None:
    assert "Memo" not in words_of(heir.get(receipt(paid)))


@pytest.mark.parametrize("url", [LIST, STATEMENT])
def test_files_of_the_new_agent_leave_it_out(heir: Client, paid: Transaction, url: str) -> None:
    found = file_of(heir, url)
    assert "former agent" in found
    assert NOTE not in found


def test_it_was_made_by_a_former_agent(heir: Client, paid: Transaction) -> None:
    for url in (LIST, receipt(paid)):
        page = heir.get(url)
        assert "former agent" in text_of(page)
        assert "imran" not in words_of(page)


def test_the_new_agent_does_not_find_it_by_its_note(heir: Client, paid: Transaction) -> None:
    assert "Memos of payments" not in words_of(heir.get(SEARCH))


def test_who_stood_and_stands_above_both_reads_it(
    reseller_tree: ResellerTree, paid: Transaction, admin: Client
) -> None:
    above = signed_in(UserFactory(account=reseller_tree.top))
    for browser in (above, admin):
        for url in (LIST, receipt(paid), STATEMENT):
            assert NOTE in text_of(browser.get(url))
        assert NOTE in file_of(browser, LIST)
        assert "Memos of payments" in text_of(browser.get(SEARCH))


def test_the_account_still_reads_its_own_receipts(
    reseller_tree: ResellerTree, paid: Transaction
) -> None:
    customer = signed_in(UserFactory(account=reseller_tree.customer))
    for url in (LIST, receipt(paid), STATEMENT):
        assert NOTE in text_of(customer.get(url))
    assert "Memos of payments" in text_of(customer.get(SEARCH))


def test_a_level_above_is_read_without_its_name(reseller_tree: ResellerTree, heir: Client) -> None:
    grant(reseller_tree.top)
    above = actor_for(UserFactory(account=reseller_tree.top, username="top-desk"))
    made = pay(reseller_tree.customer, "50", actor=above, memo=NOTE)
    account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling)
    for url in (LIST, receipt(made), STATEMENT):
        page = heir.get(url)
        assert NOTE in text_of(page)
        assert "top-desk" not in words_of(page)
    assert "Memos of payments" in text_of(heir.get(SEARCH))


def test_what_the_platform_noted_is_read(reseller_tree: ResellerTree, heir: Client) -> None:
    made = pay(reseller_tree.customer, "50", memo=NOTE)
    account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling)
    for url in (LIST, receipt(made), STATEMENT):
        assert NOTE in text_of(heir.get(url))
    assert "Memos of payments" in text_of(heir.get(SEARCH))


def test_nor_why_a_former_agent_took_it_back(
    reseller_tree: ResellerTree, imran: Actor, heir: Client
) -> None:
    payer, payee = reseller_tree.agent, reseller_tree.customer
    made = pay(payee, "50")
    back = Movement(
        Transaction.Kind.REVERSAL,
        payee,
        Decimal(50),
        between(payee, payer, Decimal(50)),
        memo=NOTE,
        reverses=made,
    )
    reversal = post(imran, back, key="back", digest=input_hash({"key": "back"}))
    account_move(actor=SYSTEM, account=payee, parent=reseller_tree.sibling)
    page = heir.get(receipt(made))
    assert f"Payment {reversal.key} took it back." in text_of(page)
    assert NOTE not in words_of(page)
    noted = signed_in(User.objects.get(username="imran"))
    assert NOTE in text_of(noted.get(receipt(reversal)))

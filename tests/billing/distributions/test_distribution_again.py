"""Lists that come back: files of drafts, of what has a problem, and of what was paid."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.core.actor import SYSTEM
from billing.distributions.models import Distribution
from billing.distributions.services import drafts
from billing.ledger.models import Transaction
from billing.payments.services.reversing import transaction_reverse
from tests.factories import AccountFactory, ResellerTree
from tests.support.distributing import START, check, confirm, form, problems
from tests.support.pages import field_error, sent_by_form, text_of, words_of
from tests.support.paying import balance
from tests.support.sheets import book, raw_of

pytestmark = pytest.mark.django_db
KINDS = pytest.mark.parametrize("kind", ["csv", "xlsx"])


def file_at(browser: Client, url: str, kind: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"list.{kind}", raw_of(browser.get(f"{url}?format={kind}")))


@KINDS
def test_the_file_of_a_draft_handed_in_again_is_no_change(agent: Client, kind: str) -> None:
    page = check(agent, lines="Customer-001;50;=1+1\nCustomer-002;25.5;a, b", memo="Week 47")
    at = page.request["PATH_INFO"]
    file = file_at(agent, f"{at}list/", kind)
    answer = agent.post(START, form(lines="", file=file, memo="Week 47"))
    assert answer["Location"] == at
    assert "No change: this is the list you handed in at" in text_of(agent.get(at))
    assert Distribution.objects.count() == 1


@KINDS
def test_another_sum_memo_or_line_makes_another_draft(agent: Client, kind: str) -> None:
    page = check(agent)
    file = file_at(agent, f"{page.request['PATH_INFO']}list/", kind)
    again = check(agent, lines="", file=file, memo="other")
    assert again.request["PATH_INFO"] != page.request["PATH_INFO"]
    assert Distribution.objects.count() == 2


@KINDS
def test_the_whole_list_with_its_problems_can_be_handed_in_corrected(
    agent: Client, tree: ResellerTree, kind: str
) -> None:
    page = check(agent, lines="Customer-001;50;R-1\nNobody;25.5;R-2")
    at = page.request["PATH_INFO"]
    file = file_at(agent, f"{at}list/", kind)
    answer = agent.post(START, form(lines="", file=file))
    assert answer["Location"] == at
    errors = file_at(agent, f"{at}errors/", kind)
    alone = check(agent, lines="", file=errors, control_sum="25.50")
    assert "There is no such account." in text_of(alone)


@KINDS
def test_the_file_of_what_was_paid_is_known_as_paid_however_long_ago(
    agent: Client, tree: ResellerTree, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = confirm(agent, check(agent))["Location"]
    monkeypatch.setattr(drafts, "REPEAT_MINUTES", 0)
    page = check(agent, lines="", file=file_at(agent, f"{paid}export/", kind))
    assert "This is a file of payments that were made" in text_of(page)
    assert "2 lines were paid already" in text_of(page)
    answer = confirm(agent, page)
    assert field_error(answer, "again")
    assert balance(tree.customer) == 50
    confirm(agent, page, again="on")
    assert balance(tree.customer) == 100


def test_what_was_taken_back_is_not_paid_already(
    agent: Client, tree: ResellerTree, imran: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = confirm(agent, check(agent))["Location"]
    file = file_at(agent, f"{paid}export/", "csv")
    one = Transaction.objects.get(account=tree.customer)
    transaction_reverse(actor=SYSTEM, transaction=one, reason="x", idempotency_key=str(uuid4()))
    monkeypatch.setattr(drafts, "REPEAT_MINUTES", 0)
    page = check(agent, lines="", file=file)
    assert "1 line was paid already" in text_of(page)


def test_another_amount_beside_the_key_of_a_payment_is_not_paid_already(
    agent: Client, tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm(agent, check(agent))
    monkeypatch.setattr(drafts, "REPEAT_MINUTES", 0)
    key = Transaction.objects.get(account=tree.customer).key
    lines = f"Account ID,Amount,Payment\nCustomer-001,49,{key}\nCustomer-002,1,{key}"
    page = check(agent, lines=lines, control_sum="50")
    assert "paid already" not in words_of(page)
    assert "again" not in sent_by_form(page, "seen")


def test_a_worksheet_is_handed_in_as_it_is(agent: Client, tree: ResellerTree) -> None:
    rows = [["Report"], ["Branch", "Top up", "Customer"], ["N", 50, "Customer-001"],
            ["S", 25.5, "customer-002"], ["", 75.5, "Total"]]  # fmt: skip
    raw = book(March=rows, April=[["x"]])
    page = check(agent, lines="", file=SimpleUploadedFile("list.xlsx", raw))
    text = text_of(page)
    assert "Nothing is read from these columns: Branch." in text
    assert "adds the list up" in text
    assert "not read: April" in text
    confirm(agent, page)
    assert balance(tree.customer_2) == Decimal("25.5")


def test_a_wrong_control_sum_says_which_line_was_not_counted(agent: Client) -> None:
    page = agent.post(START, form(lines="Customer-001,50\nTotal,50", control_sum="100"))
    assert "Line 2, “Total,50”, adds the list up" in field_error(page, "control_sum")


def test_a_last_line_that_names_an_account_is_a_payment(agent: Client, tree: ResellerTree) -> None:
    """Whatever it is called, and though its amount is the sum of the others."""
    account = AccountFactory(account_id="Total", parent=tree.agent)
    page = check(agent, lines="Customer-001,50\nTotal,50", control_sum="100")
    assert "Line 2, “Total,50”, is read as a payment" in text_of(page)
    confirm(agent, page)
    assert (balance(tree.customer), balance(account)) == (50, 50)


def test_one_of_somebody_elses_is_none(agent: Client, tree: ResellerTree) -> None:
    AccountFactory(account_id="Total", parent=tree.sibling)
    page = check(agent, lines="Customer-001,50\nTotal,50", control_sum="50")
    assert "Line 2, “Total,50”, adds the list up" in text_of(page)
    confirm(agent, page)
    assert balance(tree.customer) == 50


def test_a_wrong_sum_is_an_account_that_there_is_not(agent: Client, imran: Any) -> None:
    lines = "Customer-001,50\nTotal,60"
    page = agent.post(START, form(lines=lines, control_sum="50"))
    assert "is read as a payment: the lines above it add up to 50.00." in field_error(
        page, "control_sum"
    )
    assert problems(imran, lines) == {2: "There is no such account."}


def test_foreign_accounts_under_headings_are_as_unknown_as_none(imran: Any) -> None:
    found = problems(imran, "Top up,Customer\n5,Customer-101\n6,Nobody-1")
    assert found == {2: "There is no such account.", 3: "There is no such account."}

"""Selected accounts with an amount beside each: filled, added up, handed in and corrected."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.distributions.models import Distribution
from billing.handing_out.services.policies import payment_policy_set
from tests.factories import AccountFactory, ResellerTree
from tests.support.pages import just_signed_in, markup_of, sent_by_form, text_of, words_of
from tests.support.paying import balance, pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

SELECTION = "/payments/distribute/selection/"
TABLE = "/payments/distribute/table/"
THREE = "Customer-001 Customer-002 Sub-Sub-Agent"


def form(names: str = THREE, **more: Any) -> dict[str, Any]:
    """What the table sends; `more` has the amounts by account."""
    fields = {"accounts": names, "same": "", "method": "", "reference": "", "memo": ""}
    amounts = {f"amount-{name}": "" for name in names.split()}
    typed = {f"amount-{name}" if name in names else name: one for name, one in more.items()}
    return {**fields, **amounts, "idempotency_key": str(uuid4()), **typed}


def amounts(page: Any) -> list[str]:
    return [str(row["field"].value() or "") for row in page.context["rows"]]


def afters(page: Any) -> list[str]:
    return [row["after"] for row in page.context["rows"]]


def confirm(agent: Client, where: str) -> Any:
    check = agent.get(where)
    sent = {name: one[0] for name, one in sent_by_form(check, "seen").items()}
    return agent.post(where, sent)


def test_each_account_is_paid_its_own_amount(agent: Client, tree: ResellerTree) -> None:
    typed = {"Customer-001": "5,50", "Sub-Sub-Agent": "12"}
    answer = agent.post(TABLE, form(reference="WEEK-47", memo="November", method="bank", **typed))
    assert answer.status_code == 303
    check = text_of(agent.get(answer["Location"]))
    assert "Pay 17.50 USD to 2 accounts" in check
    assert "WEEK-47" in check
    # Nobody was asked for a sum, and a table is changed as a table.
    assert "Control sum" not in check
    assert "Change the amounts" in check
    assert confirm(agent, answer["Location"]).status_code == 303
    assert [balance(one) for one in (tree.customer, tree.customer_2, tree.sub_agent)] == [
        Decimal("5.5"),
        0,
        12,
    ]


def test_the_page_shows_how_each_is_usually_paid(agent: Client, tree: ResellerTree) -> None:
    for amount in ("40", "50", "50"):
        pay(tree.customer, amount)
    page = agent.post(
        SELECTION, {"agent_list": "", "query": "", "account": ["Customer-001", "Customer-002"]}
    )
    first, second = page.context["rows"]
    assert (first["usual"], first["balance"], first["agent"]) == (
        "50.00",
        "140.00",
        "Dhaka-Retail-Sub",
    )
    assert "last 50.00 on" in first["last"]
    assert (second["usual"], second["last"], second["balance"]) == ("", "", "0.00")
    assert afters(page) == ["–", "–"]


def test_buttons_fill_all_rows(agent: Client, tree: ResellerTree) -> None:
    pay(tree.customer, "40")
    same = agent.post(TABLE, form(same="7", fill="same"))
    assert amounts(same) == ["7.00", "7.00", "7.00"]
    assert afters(same) == ["47.00", "7.00", "7.00"]
    assert same.context["sum"] == "21.00"
    # It is written once: the rows count from then on.
    assert not same.context["form"]["same"].value()
    usual = agent.post(TABLE, form(fill="usual", **{"Customer-002": "1"}))
    assert amounts(usual) == ["40.00", "", ""]
    empty = agent.post(TABLE, form(fill="none", **{"Customer-002": "1", "memo": "Kept"}))
    assert amounts(empty) == ["", "", ""]
    assert empty.context["form"]["memo"].value() == "Kept"
    assert not Distribution.objects.exists()


@pytest.mark.parametrize("same", ["", "0", "none"])
def test_filling_takes_an_amount(agent: Client, tree: ResellerTree, same: str) -> None:
    page = agent.post(TABLE, form(same=same, fill="same"))
    assert page.status_code == 422
    assert "same" in page.context["form"].errors


def test_an_amount_for_all_counts_while_no_row_has_one(agent: Client, tree: ResellerTree) -> None:
    answer = agent.post(TABLE, form(same="2"))
    assert "Pay 6.00 USD to 3 accounts" in text_of(agent.get(answer["Location"]))
    page = agent.post(TABLE, form(same="2", **{"Customer-001": "5"}))
    assert page.status_code == 422
    assert page.context["form"].errors.as_data()["same"][0].code == "same_not_filled"


def test_what_is_typed_is_added_up_without_being_kept(agent: Client, tree: ResellerTree) -> None:
    pay(tree.agent, "100")
    payment_policy_set(actor=SYSTEM, account=tree.agent, funding="covered", per_day=Decimal(50))
    # The customer and the agent below are paid by the account itself.
    page = agent.post(
        TABLE,
        form(fill="look", **{"Customer-001": "60", "Customer-002": "x", "Sub-Sub-Agent": "1"}),
    )
    assert page.status_code == 200
    words = text_of(page)
    assert "2 of 3 accounts, together 61.00 USD" in words
    assert "Free to hand out was 100.00 becomes 39.00" in words
    assert "Left today was 50.00 becomes −11.00 more than that" in words
    assert page.context["afters"] == ["60.00", "–", "1.00"]
    assert not Distribution.objects.exists()


def test_only_accounts_directly_below_are_paid_out_of_ones_own(
    agent: Client, tree: ResellerTree
) -> None:
    pay(tree.agent, "100")
    payment_policy_set(actor=SYSTEM, account=tree.agent, funding="covered")
    page = agent.post(TABLE, form("Customer-301", fill="look", **{"Customer-301": "30"}))
    assert [one["after"] for one in page.context["limits"]] == ["100.00"]


def test_limits_of_levels_above_are_no_figure(agent: Client, tree: ResellerTree) -> None:
    payment_policy_set(actor=SYSTEM, account=tree.top, per_day=Decimal(50))
    page = agent.post(TABLE, form(fill="look"))
    assert page.context["limits"] == []


@pytest.mark.parametrize("typed", ["x", "0", "-5", "1,500"])
def test_a_wrong_amount_is_said_at_its_row(agent: Client, tree: ResellerTree, typed: str) -> None:
    page = agent.post(TABLE, form(**{"Customer-001": "3", "Customer-002": typed}))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["amount-Customer-002"]
    assert amounts(page) == ["3", typed, ""]


def test_a_table_without_amounts_pays_nobody(agent: Client, tree: ResellerTree) -> None:
    page = agent.post(TABLE, form())
    assert page.status_code == 422
    assert page.context["form"].errors.as_data()["__all__"][0].code == "no_amount"


def test_foreign_and_unknown_accounts_are_the_same(agent: Client, tree: ResellerTree) -> None:
    pay(tree.sibling_customer, "77")
    names = "Customer-101 Nobody-1"
    page = agent.post(TABLE, form(names, fill="same", same="5"))
    assert [set(row) for row in page.context["rows"]] == [{"name", "field", "errors"}] * 2
    rows = markup_of(page).split("<tbody>")[1].split("</tbody>")[0].split("</tr>")[:2]
    assert rows[0].replace("Customer-101", "X") == rows[1].replace("Nobody-1", "X")
    answer = agent.post(TABLE, form(names, same="5"))
    check = text_of(agent.get(answer["Location"]))
    assert check.count("There is no such account.") == 2
    looked = agent.post(TABLE, form(names, same="5", fill="look"))
    assert looked.context["afters"] == ["–", "–"]


@pytest.mark.parametrize(
    "names",
    ["", "<b>", "x" * 33, " ".join(f"C-{n}" for n in range(201))],
    ids=["none", "no name", "too long", "too many"],
)
def test_what_no_page_sends_is_refused(agent: Client, tree: ResellerTree, names: str) -> None:
    page = agent.post(TABLE, form(names, same="5"))
    assert page.status_code == 422
    assert page.context["form"].errors.as_data()["accounts"][0].code in ("no_accounts", "required")
    assert not Distribution.objects.exists()


def test_a_row_that_does_not_arrive_is_an_error(agent: Client, tree: ResellerTree) -> None:
    sent = form(**{"Customer-001": "3"})
    del sent["amount-Customer-002"]
    page = agent.post(TABLE, sent)
    assert page.status_code == 422
    assert page.context["form"].errors.as_data()["amount-Customer-002"][0].code == "missing"


def test_a_table_is_corrected_as_a_table(agent: Client, tree: ResellerTree) -> None:
    where = agent.post(TABLE, form(**{"Customer-001": "3", "reference": "R-1"}))["Location"]
    one = Distribution.objects.get()
    page = agent.get(f"{TABLE}?list={one.pk}")
    assert amounts(page) == ["3.00"]
    assert page.context["sum"] == "3.00"
    assert page.context["form"]["reference"].value() == "R-1"
    sent = {name: some[0] for name, some in sent_by_form(page, "accounts").items()}
    assert agent.post(TABLE, {**sent, "amount-Customer-001": "4"})["Location"] == where
    confirm(agent, where)
    assert balance(tree.customer) == 4
    # What is paid changes no more.
    assert agent.get(f"{TABLE}?list={one.pk}").status_code == 302


def test_a_key_that_was_used_for_another_list_is_renewed(agent: Client, tree: ResellerTree) -> None:
    sent = form(**{"Customer-001": "3"})
    confirm(agent, agent.post(TABLE, sent)["Location"])
    page = agent.post(TABLE, {**sent, "amount-Customer-001": "4"})
    assert page.status_code == 422
    assert page.context["form"].errors.as_data()["__all__"][0].code == "key_reused"
    assert page.context["form"]["idempotency_key"].value() != sent["idempotency_key"]


def test_without_a_table_of_ones_own_one_begins_with_a_list(
    agent: Client, tree: ResellerTree
) -> None:
    assert agent.get(TABLE)["Location"] == "/payments/distribute/"
    assert agent.get(f"{TABLE}?list={uuid4()}").status_code == 404
    where = agent.post(TABLE, form(**{"Customer-001": "3"}))["Location"]
    Distribution.objects.update(is_table=False)
    pk = where.split("/")[-2]
    assert agent.get(f"{TABLE}?list={pk}")["Location"] == f"/payments/distribute/?list={pk}"


def test_a_row_that_is_called_like_a_sum_is_paid(agent: Client, tree: ResellerTree) -> None:
    account = AccountFactory(account_id="Total", parent=Account.objects.get(pk=tree.agent.pk))
    typed = {"Customer-001": "3", "Total": "3"}
    where = agent.post(TABLE, form("Customer-001 Total", **typed))["Location"]
    page = agent.get(f"{TABLE}?list={Distribution.objects.get().pk}")
    assert amounts(page) == ["3.00", "3.00"]
    assert "read as a payment" not in words_of(agent.get(where))
    confirm(agent, where)
    assert (balance(tree.customer), balance(account)) == (3, 3)


def test_queries_do_not_grow_with_the_rows(administrator: Any, tree: ResellerTree) -> None:
    browser = just_signed_in(administrator)
    sent = {"agent_list": "", "query": ""}
    with CaptureQueriesContext(connection) as few:
        browser.post(SELECTION, {**sent, "account": ["Customer-001"]})
    for account in (tree.customer, tree.customer_2):
        pay(account, "5")
    with CaptureQueriesContext(connection) as many:
        browser.post(SELECTION, {**sent, "account": THREE.split()})
    assert 0 < len(many) <= len(few)

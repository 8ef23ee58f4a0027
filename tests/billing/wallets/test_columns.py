"""Balances where accounts are shown: lists, files, search, dashboards, overview, admin."""

import io
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.tree.services.ending import account_close
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import House
from billing.ledger.services.posting import Leg, Movement, post
from billing.payments.services.paying import Payment, payment_make
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.support.pages import markup_of
from tests.support.sheets import read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

LIST = "/accounts/Dhaka-Retail-Sub/sub-accounts/"


def pay(account, amount, kind="recharge"):
    return payment_make(
        actor=SYSTEM,
        account=account,
        payment=Payment(kind, Decimal(str(amount))),
        idempotency_key=str(uuid4()),
    )


def charge(account, amount, at=None):
    """What the charging of a call posts."""
    cost = Decimal(str(amount))
    legs = (Leg(-cost, wallet=account.pk, is_limited=False), Leg(cost, house=House.CALL_REVENUE))
    movement = Movement("call", account, cost, legs, at=at)
    with transaction.atomic():
        return post(SYSTEM, movement, key=str(uuid4()), digest="x")


def terms(account, **values):
    terms_set(actor=SYSTEM, account=account, **values)


@pytest.fixture
def money(reseller_tree):
    """Customer-001 has 120, Customer-002 3 (low), Sub-Sub-Agent −50 on credit."""
    pay(reseller_tree.customer, 120)
    terms(reseller_tree.customer, low_balance_threshold=Decimal(100))
    pay(reseller_tree.customer_2, 3)
    terms(reseller_tree.customer_2, low_balance_threshold=Decimal(10))
    terms(reseller_tree.sub_agent, payment_mode="postpaid", credit_limit=Decimal(200))
    pay(reseller_tree.sub_agent, 50, "deduction")
    return reseller_tree


def ids(page) -> list[str]:
    return [line.key for line in page.context["table"].lines]


def cells(page, name: str) -> dict[str, str]:
    return {line.key: str(line.cells[name]) for line in page.context["table"].lines}


def read(answer) -> dict[str, dict[str, str]]:
    return {row["Account ID"]: row for row in read_csv(answer)}


def test_the_list_shows_balance_and_what_is_available(admin, money) -> None:
    page = admin.get(LIST)
    assert cells(page, "balance")["Customer-001"] == "120.00"
    assert cells(page, "balance")["Sub-Sub-Agent"] == "−50.00"
    assert cells(page, "available")["Sub-Sub-Agent"] == "150.00"


def test_a_low_balance_is_marked_by_a_word_and_a_shape(admin, money) -> None:
    cell = cells(admin.get(LIST), "balance")
    assert "Low balance" in cell["Customer-002"]
    assert "#warn" in cell["Customer-002"]
    assert "Low balance" not in cell["Customer-001"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("balance", ["Sub-Sub-Agent", "Customer-002", "Customer-001"]),
        ("-balance", ["Customer-001", "Customer-002", "Sub-Sub-Agent"]),
        ("-available", ["Sub-Sub-Agent", "Customer-001", "Customer-002"]),
        ("low_balance", ["Customer-002"]),
    ],
)
def test_the_list_is_sorted_by_money(admin, money, sort, expected) -> None:
    assert ids(admin.get(f"{LIST}?sort={sort}"))[: len(expected)] == expected


def test_unlimited_credit_is_more_than_any_amount(admin, money) -> None:
    terms(money.customer_2, payment_mode="postpaid", is_unlimited=True)
    assert ids(admin.get(f"{LIST}?sort=-available"))[0] == "Customer-002"
    assert cells(admin.get(LIST), "available")["Customer-002"] == "unlimited"


def test_pages_sorted_by_balance_follow_one_another(admin, reseller_tree) -> None:
    for number in range(30):
        one = AccountFactory(account_id=f"Page-{number:02}", parent=reseller_tree.other_top)
        pay(one, number + 1)
    url = "/accounts/Master-Agent-2/sub-accounts/"
    first = admin.get(f"{url}?sort=-balance&size=25")
    second = admin.get(url + first.context["table"].pager["older_url"])
    assert (ids(first) + ids(second))[:30] == [f"Page-{n:02}" for n in range(29, -1, -1)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("balance=low", {"Customer-002"}),
        ("balance=negative", {"Sub-Sub-Agent"}),
        ("balance_from=100", {"Customer-001"}),
        ("balance_to=-0.01", {"Sub-Sub-Agent"}),
        ("balance_from=1&balance_to=5", {"Customer-002"}),
        ("payment_mode=postpaid", {"Sub-Sub-Agent"}),
    ],
)
def test_the_list_is_narrowed_by_money(admin, money, query, expected) -> None:
    assert set(ids(admin.get(f"{LIST}?{query}"))) == expected


def test_an_amount_that_is_none_is_said(admin, money) -> None:
    assert admin.get(f"{LIST}?balance_from=1,500").status_code == 422


def test_a_closed_account_is_not_low(admin, money) -> None:
    pay(money.customer_2, 3, "deduction")
    account_close(actor=SYSTEM, account=money.customer_2, reason="test")
    assert ids(admin.get(f"{LIST}?balance=low")) == []
    assert "Low balance" not in cells(admin.get(f"{LIST}?show=all"), "balance")["Customer-002"]


def test_files_hold_numbers(admin, money) -> None:
    where = LIST + "export/?columns=all&format="
    row = read(admin.get(where + "csv"))["Sub-Sub-Agent"]
    assert (row["Balance, USD"], row["Credit limit, USD"], row["Available, USD"]) == (
        "-50", "200", "150",
    )  # fmt: skip
    assert (row["Today, USD"], row["Payment mode"]) == ("0", "Postpaid")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(admin.get(where + "xlsx").streaming_content)))
    header = [cell.value for cell in book.active[1]]
    found = {line[0].value: line for line in book.active.iter_rows(min_row=2)}
    assert found["Customer-001"][header.index("Balance, USD")].value == 120
    assert found["Customer-002"][header.index("Low balance")].value == "Low balance"


@pytest.mark.usefixtures("at_noon")
def test_today_is_what_calls_cost_since_midnight(admin, money) -> None:
    charge(money.customer, "1.25")
    charge(money.customer, "0.5")
    charge(money.customer, "7", at=timezone.now() - timedelta(days=1))
    charge(money.customer_2, "0.000001")
    page = admin.get(LIST)
    assert cells(page, "today") == {
        "Customer-001": "1.75", "Customer-002": "0.000001", "Sub-Sub-Agent": "0.00",
    }  # fmt: skip
    overview = admin.get("/accounts/Customer-001/").content.decode()
    assert "Consumed today" in overview
    assert "1.75" in overview


def test_search_hits_show_the_balance(money, agent_login, client_of) -> None:
    page = client_of(agent_login(money.agent)).get("/search/?q=customer").content.decode()
    assert "Balance 120.00 USD" in page
    assert "Low balance: 3.00 USD" in page


def test_the_overview_shows_balance_and_terms(admin, money) -> None:
    page = admin.get("/accounts/Sub-Sub-Agent/").content.decode()
    assert "−50.00" in page
    assert "balance and an overdraft (credit limit) of 200.00" in page
    assert "/accounts/Sub-Sub-Agent/payments/" in page
    assert "/accounts/Sub-Sub-Agent/edit/#terms" in page


def test_a_customer_sees_its_own_balance_and_no_way_to_its_terms(money, client_of) -> None:
    client = client_of(UserFactory(account=money.customer))
    for path in ("/", "/accounts/Customer-001/"):
        page = client.get(path).content.decode()
        assert "120.00" in page
        assert "#terms" not in page


def test_an_agents_dashboard_lists_low_customers_with_a_way_to_top_up(money, client_of) -> None:
    grant(money.agent, "pay_sub_account")
    page = client_of(UserFactory(account=money.agent)).get("/").content.decode()
    assert "1 account below its threshold" in page
    assert "/accounts/Customer-002/payments/new/" in page
    assert "Pay Customer-002" in page


def test_the_own_account_is_none_of_those_customers(money, client_of) -> None:
    terms(money.agent, low_balance_threshold=Decimal(1000))
    page = client_of(UserFactory(account=money.agent)).get("/").content.decode()
    assert "1 account below its threshold" in page


def test_without_the_authorization_there_is_no_such_way(money, client_of) -> None:
    page = client_of(UserFactory(account=money.agent)).get("/").content.decode()
    assert "1 account below its threshold" in page
    assert "Pay Customer-002" not in page


def test_administrators_see_how_many_are_below_their_threshold(admin, money) -> None:
    page = admin.get("/").content.decode()
    assert "1 account is below its low-balance threshold" in page
    assert "?show=all&amp;balance=low" in page


def test_a_foreign_low_balance_is_not_told(money, client_of) -> None:
    page = markup_of(client_of(UserFactory(account=money.sibling)).get("/"))
    assert "every balance is above its threshold" in page
    assert "account below its threshold" not in page


@pytest.fixture
def operator_client(client_of):
    permissions = Permission.objects.filter(
        codename__in=["view_wallet", "view_transaction", "view_entry", "view_account"]
    )
    return client_of(StaffFactory(operator=True, permissions=list(permissions)))


@pytest.mark.parametrize("model", ["wallet", "transaction", "entry"])
def test_the_admin_shows_money_and_changes_none(operator_client, money, model) -> None:
    where = f"/admin/billing/{model}/"
    page = operator_client.get(where, {"q": "Customer-001"})
    assert page.status_code == 200
    assert "Customer-001" in page.content.decode()
    assert "Customer-002" not in page.content.decode()
    assert operator_client.get(where + "add/").status_code == 403
    pk = page.context["cl"].result_list[0].pk
    assert operator_client.get(f"{where}{pk}/change/").status_code == 200
    assert operator_client.post(f"{where}{pk}/change/", {"alert_emails": "x"}).status_code == 403
    assert operator_client.post(f"{where}{pk}/delete/", {"post": "yes"}).status_code == 403

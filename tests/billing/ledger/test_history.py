"""The history of payments: what is listed, for whom, in which words, at which cost."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry
from accounts.tree.services.moving import account_move
from billing.ledger.models import Entry
from billing.ledger.views.history import HistoryList
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from tests.factories import UserFactory, grant
from tests.support.former import transferred
from tests.support.pages import markup_of

pytestmark = pytest.mark.django_db

OWN = "/accounts/Dhaka-Retail-Sub/payments/"


def pay(account, kind="recharge", amount=10, actor=SYSTEM, at=None, **more):
    return payment_make(
        actor=actor,
        account=account,
        payment=Payment(kind, Decimal(str(amount)), **more),
        idempotency_key=str(uuid4()),
        at=at,
    )


@pytest.fixture
def agent(reseller_tree, client_of):
    """A browser of the agent, which may pay its sub-accounts."""
    grant(reseller_tree.agent)
    return client_of(UserFactory(account=reseller_tree.agent, username="agent-login"))


def shown(page) -> list[dict]:
    return [row for _day, rows in page.context["days"] for row in rows]


def test_direct_is_the_account_and_all_is_everything_below_it(agent, reseller_tree) -> None:
    pay(reseller_tree.agent)
    pay(reseller_tree.customer)
    pay(reseller_tree.deep_customer)
    pay(reseller_tree.sibling)
    assert [row["account"] for row in shown(agent.get(OWN))] == ["Dhaka-Retail-Sub"]
    assert [row["account"] for row in shown(agent.get(OWN + "?show=all"))] == [
        "Customer-301", "Customer-001", "Dhaka-Retail-Sub",
    ]  # fmt: skip


def test_the_whole_scope_has_a_page_of_its_own(agent, admin, reseller_tree) -> None:
    pay(reseller_tree.customer)
    pay(reseller_tree.sibling)
    assert [row["account"] for row in shown(agent.get("/payments/"))] == ["Customer-001"]
    assert len(shown(admin.get("/payments/"))) == 2


def test_every_login_reads_the_history_of_its_own_hierarchy(reseller_tree, client_of) -> None:
    pay(reseller_tree.customer)
    client = client_of(UserFactory(account=reseller_tree.customer))
    assert len(shown(client.get("/accounts/Customer-001/payments/"))) == 1


def test_the_newest_comes_first_with_the_balance_after_it(agent, reseller_tree) -> None:
    pay(reseller_tree.agent, amount=100)
    pay(reseller_tree.agent, "deduction", 30)
    rows = shown(agent.get(OWN))
    assert [(row["amount"], row["balance"]) for row in rows] == [
        ("−30.00", "70.00"),
        ("+100.00", "100.00"),
    ]


@pytest.mark.wide
def test_each_page_follows_the_one_before_and_back(agent, reseller_tree) -> None:
    for number in range(60):
        pay(reseller_tree.agent, amount=number + 1)
    first = agent.get(OWN + "?size=25")
    second = agent.get(OWN + first.context["pager"]["older_url"])
    third = agent.get(OWN + second.context["pager"]["older_url"])
    amounts = [row["amount"] for page in (first, second, third) for row in shown(page)]
    assert amounts == [f"+{number}.00" for number in range(60, 0, -1)]
    assert third.context["pager"]["older_url"] == ""
    back = agent.get(OWN + third.context["pager"]["newer_url"])
    assert shown(back) == shown(second)


def test_a_later_page_is_found_by_a_range_of_keys(agent, reseller_tree) -> None:
    """No comparison with OR, which would walk through everything before the page."""
    for number in range(30):
        pay(reseller_tree.agent, amount=number + 1)
    url = agent.get(OWN + "?size=25").context["pager"]["older_url"]
    with CaptureQueriesContext(connection) as captured:
        agent.get(OWN + url)
    [listing] = [
        one["sql"]
        for one in captured.captured_queries
        if "LIMIT 26" in one["sql"] and Entry._meta.db_table in one["sql"]
    ]
    assert " OR " not in listing


def test_a_day_is_jumped_to(agent, reseller_tree) -> None:
    for number in (1, 5, 9):
        at = datetime(2026, 3, number, 12, tzinfo=UTC)
        pay(reseller_tree.agent, amount=number, at=at)
    page = agent.get(OWN + "?day=2026-03-06", follow=True)
    assert [row["amount"] for row in shown(page)] == ["+5.00", "+1.00"]
    newer = agent.get(OWN + page.context["pager"]["newer_url"])
    assert [row["amount"] for row in shown(newer)] == ["+9.00"]


def test_before_the_first_day_there_is_nothing(agent, reseller_tree) -> None:
    pay(reseller_tree.agent)
    page = agent.get(OWN + "?day=2001-01-01", follow=True)
    assert "Nothing moved on that day or before it" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("kind=deduction", ["−20.00"]),
        ("method=cash", ["+100.00"]),
        ("reference=slip", ["+100.00"]),
        ("amount_from=20&amount_to=50", ["−20.00"]),
        ("since=2026-03-05", ["+7.00", "−20.00"]),
        ("until=2026-03-05", ["−20.00", "+100.00"]),
    ],
)
def test_filters(agent, reseller_tree, query, amounts) -> None:
    one = reseller_tree.agent
    first = datetime(2026, 3, 1, 12, tzinfo=UTC)
    pay(one, amount=100, at=first, method="cash", reference="Slip 7")
    pay(one, "deduction", 20, at=first + timedelta(days=4))
    pay(one, amount=7, at=first + timedelta(days=8))
    assert [row["amount"] for row in shown(agent.get(f"{OWN}?{query}"))] == amounts


def test_an_account_of_the_hierarchy_can_be_chosen(agent, reseller_tree) -> None:
    pay(reseller_tree.customer)
    pay(reseller_tree.customer_2)
    page = agent.get(OWN + "?show=all&account=customer-002")
    assert [row["account"] for row in shown(page)] == ["Customer-002"]


def test_a_foreign_account_is_found_no_more_than_an_unknown_one(agent, reseller_tree) -> None:
    pay(reseller_tree.sibling)
    page = agent.get("/payments/?account=Sylhet-Retail-Sub")
    assert page.context["days"] == []


def test_totals_are_those_of_the_filter(agent, reseller_tree) -> None:
    pay(reseller_tree.agent, amount=100)
    pay(reseller_tree.agent, amount=5)
    pay(reseller_tree.agent, "deduction", 30)
    totals = agent.get(OWN).context["totals"]
    assert totals == {"count": "3", "incoming": "+105.00", "outgoing": "−30.00", "net": "+75.00"}
    assert agent.get(OWN + "?kind=deduction").context["totals"]["net"] == "−30.00"


def test_very_many_are_added_up_only_when_asked(agent, reseller_tree, monkeypatch) -> None:
    monkeypatch.setattr("billing.ledger.views.history.COUNTED", 2)
    for _number in range(3):
        pay(reseller_tree.agent)
    page = agent.get(OWN)
    assert page.context["totals"] is None
    assert agent.get(OWN + page.context["totals_url"]).context["totals"]["net"] == "+30.00"


def test_a_filter_that_is_none_is_said(agent, reseller_tree) -> None:
    page = agent.get(OWN + "?amount_from=much")
    assert page.status_code == 422
    assert page.context["days"] == []


def test_a_transfer_names_the_other_side(agent, reseller_tree) -> None:
    pay(reseller_tree.agent, amount=100)
    transferred(actor_for(agent_user(agent)), reseller_tree.agent, reseller_tree.customer, 40)
    down, up = shown(agent.get(OWN + "?show=all"))[:2]
    assert {down["other"], up["other"]} == {"to Customer-001", "from Dhaka-Retail-Sub"}


def agent_user(client):
    return client.get("/payments/").wsgi_request.user


def test_a_level_above_is_never_named(reseller_tree, agent, client_of) -> None:
    pay(reseller_tree.agent, amount=100)
    transferred(actor_for(agent_user(agent)), reseller_tree.agent, reseller_tree.customer, 40)
    customer = client_of(UserFactory(account=reseller_tree.customer))
    page = customer.get("/accounts/Customer-001/payments/")
    [row] = shown(page)
    assert row["other"] == "from a level above yours"
    assert row["who"] == "a level above yours"
    assert "Dhaka-Retail-Sub" not in markup_of(page)
    assert "agent-login" not in markup_of(page)


def test_an_agent_that_was_left_has_no_name(reseller_tree, agent, client_of) -> None:
    pay(reseller_tree.agent, amount=100)
    transferred(actor_for(agent_user(agent)), reseller_tree.agent, reseller_tree.customer, 40)
    account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling)
    page = client_of(UserFactory(account=reseller_tree.sibling)).get(
        "/accounts/Customer-001/payments/"
    )
    [row] = shown(page)
    assert (row["other"], row["who"]) == ("from another account", "former agent")
    assert "Dhaka-Retail-Sub" not in markup_of(page)


def test_administrators_are_not_named_to_accounts(reseller_tree, agent, administrator) -> None:
    pay(reseller_tree.agent, actor=actor_for(administrator))
    page = agent.get(OWN)
    assert shown(page)[0]["who"] == "Administrator"
    assert administrator.username not in page.content.decode()


def test_a_reversal_and_its_origin_point_at_each_other(admin, administrator, reseller_tree) -> None:
    made = pay(reseller_tree.agent)
    back = transaction_reverse(
        actor=actor_for(administrator), transaction=made, reason="typo", idempotency_key="k"
    )
    newest, oldest = shown(admin.get(OWN))
    assert (newest["reverses"], newest["memo"]) == (made.key, "typo")
    assert oldest["reversed_by"] == back.key
    assert oldest["reversed_url"] == f"/payments/{back.key}/"


def test_more_movements_take_no_more_queries(agent, reseller_tree) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            agent.get(OWN + "?show=all")
        return len(captured)

    user = agent_user(agent)
    pay(reseller_tree.agent, amount=1000)
    transferred(actor_for(user), reseller_tree.agent, reseller_tree.customer, 1)
    queries()
    few = queries()
    for account in (reseller_tree.customer_2, reseller_tree.deep_customer) * 8:
        transferred(actor_for(user), reseller_tree.agent, account, 1)
    assert queries() == few


def test_the_csv_is_safe_and_in_the_order_of_the_screen(agent, reseller_tree) -> None:
    pay(reseller_tree.agent, amount="1234.5", memo="=cmd()")
    pay(reseller_tree.agent, "deduction", 30)
    answer = agent.get(OWN + "export/?format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    newest, oldest = csv.DictReader(io.StringIO(text))
    assert (newest["Amount, USD"], newest["Balance after, USD"]) == ("-30", "1204.5")
    assert (oldest["Amount, USD"], oldest["Memo"]) == ("1234.5", "'=cmd()")


@pytest.mark.parametrize("show", ["direct", "all"])
def test_an_export_goes_beyond_one_chunk(agent, reseller_tree, monkeypatch, show) -> None:
    monkeypatch.setattr("billing.ledger.queries.entries._CHUNK", 2)
    monkeypatch.setattr("billing.ledger.views.history._CHUNK", 2)
    for number in range(5):
        pay(reseller_tree.agent, amount=number + 1)
        pay(reseller_tree.sibling)
    answer = agent.get(OWN + f"export/?format=xlsx&show={show}")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    header = [cell.value for cell in sheet[1]]
    amounts = [row[header.index("Amount, USD")].value for row in sheet.iter_rows(min_row=2)]
    assert amounts == [5, 4, 3, 2, 1]


def test_what_leaves_the_scope_while_the_file_is_made_is_not_in_it(
    agent, reseller_tree, monkeypatch
) -> None:
    pay(reseller_tree.customer, amount=1)
    pay(reseller_tree.customer_2, amount=2)
    keys = HistoryList.keys

    def leaving(*asked):
        found = keys(*asked)
        account_move(actor=SYSTEM, account=reseller_tree.customer, parent=reseller_tree.sibling)
        return found

    monkeypatch.setattr(HistoryList, "keys", leaving)
    answer = agent.get(OWN + "export/?format=csv&show=all")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert [row["Amount, USD"] for row in csv.DictReader(io.StringIO(text))] == ["2"]
    assert AuditEntry.objects.get(action="payments.export").after["rows"] == 1


def test_exports_are_narrowed_by_the_filters_and_on_record(agent, reseller_tree) -> None:
    pay(reseller_tree.agent)
    pay(reseller_tree.agent, "deduction", 3)
    answer = agent.get(OWN + "export/?format=csv&kind=deduction")
    assert len(b"".join(answer.streaming_content).decode().strip().splitlines()) == 2
    entry = AuditEntry.objects.get(action="payments.export")
    assert (entry.actor, entry.account) == ("agent-login", "Dhaka-Retail-Sub")
    assert (entry.after["rows"], entry.after["filters"]["kind"]) == (1, "deduction")


def test_a_foreign_history_does_not_exist(agent) -> None:
    for page in ("payments/", "payments/export/?format=csv"):
        assert agent.get(f"/accounts/Sylhet-Retail-Sub/{page}").status_code == 404
        assert agent.get(f"/accounts/BD-Wholesale-Agent/{page}").status_code == 404

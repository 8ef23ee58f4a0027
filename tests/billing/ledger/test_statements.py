"""Statements reconcile: for any life of an account, any period, any time zone."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry
from billing.errors import InsufficientFunds
from billing.ledger.models import Entry
from billing.ledger.queries.statements import statement_of
from billing.payments.services.paying import Payment, payment_make
from tests.factories import AccountFactory
from tests.support.examples import examples
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
WHERE = "/accounts/DE-Shop/statement/"


def pay(account, kind, amount, at=NOON, **more):
    return payment_make(
        actor=SYSTEM,
        account=account,
        payment=Payment(kind, Decimal(str(amount)), **more),
        idempotency_key=str(uuid4()),
        at=at,
    )


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


@pytest.fixture
def shop(db):
    return AccountFactory(account_id="DE-Shop", time_zone="Asia/Dhaka")


moves = st.lists(
    st.tuples(
        st.sampled_from(["recharge", "deduction"]),
        st.decimals(min_value="0.000001", max_value=100, places=6),
        st.integers(min_value=0, max_value=40 * 24 * 60),
    ),
    max_size=8,
)


@given(moves, st.integers(0, 45), st.integers(0, 20), st.sampled_from(["UTC", "Asia/Dhaka"]))
@examples(25)
def test_opening_and_movements_are_closing_are_the_sum_of_entries(
    db, life, first, length, zone
) -> None:
    with transaction.atomic():
        agent = AccountFactory()
        account = AccountFactory(parent=agent)
        pay(agent, "recharge", 300, at=day(1, 0))
        for kind, amount, minutes in life:
            try:
                with transaction.atomic():
                    pay(account, kind, amount, at=day(1, 0) + timedelta(minutes=minutes))
            except InsufficientFunds:
                pass
        begin = datetime(2026, 2, 25, tzinfo=ZoneInfo(zone)) + timedelta(days=first)
        end = begin + timedelta(days=length)
        for one in (agent, account):
            statement = statement_of(one, begin, end)
            every = list(Entry.objects.filter(wallet=one.pk))
            assert statement.opening == sum(e.amount for e in every if e.at < begin)
            assert statement.closing == sum(e.amount for e in every if e.at < end)
            moved = sum(kind.net for kind in statement.movements)
            assert statement.opening + moved == statement.closing
            assert sum(e.amount for e in statement.entries()) == moved
        transaction.set_rollback(True)


def test_until_now_it_closes_with_the_balance(shop) -> None:
    pay(shop, "recharge", "80.25")
    pay(shop, "deduction", "0.000001")
    shop.wallet.refresh_from_db()
    statement = statement_of(shop, day(1), datetime(2099, 1, 1, tzinfo=UTC))
    assert statement.closing == shop.wallet.balance == Decimal("80.249999")


def test_movements_are_added_up_by_kind(shop) -> None:
    pay(shop, "recharge", 80)
    pay(shop, "recharge", 20)
    pay(shop, "deduction", 30)
    found = {one.kind: one for one in statement_of(shop, day(1), day(31)).movements}
    assert (found["recharge"].count, found["recharge"].incoming) == (2, 100)
    assert (found["deduction"].outgoing, found["deduction"].incoming) == (-30, 0)


def test_what_moved_before_alone_is_no_line_of_the_period(shop) -> None:
    pay(shop, "recharge", 80, at=day(1))
    pay(shop, "deduction", 30, at=day(6))
    statement = statement_of(shop, day(5), day(31))
    assert [one.kind for one in statement.movements] == ["deduction"]
    assert statement.opening == 80


def test_the_rows_end_before_the_period_does(shop) -> None:
    pay(shop, "recharge", 7, at=day(2, 0))
    pay(shop, "recharge", 20, at=day(3, 0))
    statement = statement_of(shop, day(2, 0), day(3, 0))
    assert [one.amount for one in statement.entries()] == [7]
    assert statement.incoming == 7


def test_days_are_those_of_the_zone_that_is_chosen_first_the_viewers(admin, shop) -> None:
    # Half past one in the night of the 11th in Dhaka.
    pay(shop, "recharge", 7, at=datetime(2026, 3, 10, 19, 30, tzinfo=UTC))
    days = {"from": "2026-03-11", "to": "2026-03-11"}
    page = admin.get(WHERE, days)
    assert (page.context["opening"], page.context["incoming"]) == ("7.00", "0.00")
    page = admin.get(WHERE, {**days, "zone": "Asia/Dhaka"})
    assert page.context["incoming"] == "+7.00"
    assert dict(page.context["form"].fields["zone"].choices)["Asia/Dhaka"].endswith("account's")


def test_the_page_shows_each_movement_with_the_running_balance(admin, shop) -> None:
    pay(shop, "recharge", 80, at=day(1))
    pay(shop, "recharge", 50, at=day(5))
    pay(shop, "deduction", 30, at=day(6))
    page = admin.get(WHERE, {"from": "2026-03-02", "to": "2026-03-31"})
    rows = [row for _day, rows in page.context["days"] for row in rows]
    assert [(row["amount"], row["balance"]) for row in rows] == [
        ("+50.00", "130.00"),
        ("−30.00", "100.00"),
    ]
    assert page.context["opening"] == "80.00"
    assert page.context["closing"] == "100.00"


def test_without_a_period_it_is_this_month(admin, shop) -> None:
    clean = admin.get(WHERE).context["form"].cleaned_data
    assert clean["from"] == clean["to"].replace(day=1)
    assert str(clean["zone"]) == "UTC"


def test_this_month_is_that_of_the_zone_that_is_chosen(admin, shop, time_machine) -> None:
    # Two in the night of the 1st of April in Dhaka.
    time_machine.move_to(datetime(2026, 3, 31, 20, tzinfo=UTC), tick=False)
    clean = admin.get(WHERE, {"zone": "Asia/Dhaka"}).context["form"].cleaned_data
    assert (clean["from"], clean["to"]) == (date(2026, 4, 1), date(2026, 4, 1))


def test_the_period_that_is_shown_is_marked_among_the_periods(admin, shop) -> None:
    presets = admin.get(WHERE).context["presets"]
    assert presets[0]["current"]
    assert not presets[1]["current"]
    for number, preset in enumerate(presets):
        assert admin.get(WHERE + preset["url"]).context["presets"][number]["current"]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "yesterday", "to": "2026-03-01"},
        {"from": "0001-01-01", "to": "2026-03-01"},
        {"from": "2026-03-01", "to": "9999-12-31"},
    ],
)
def test_a_period_that_is_none_is_said_at_its_field(admin, shop, query) -> None:
    page = admin.get(WHERE, query)
    assert page.status_code == 422
    assert page.context["form"].errors


def test_an_unknown_zone_is_refused(admin, shop) -> None:
    page = admin.get(WHERE, {"from": "2026-03-01", "to": "2026-03-02", "zone": "Mars/Base"})
    assert page.status_code == 422


def test_the_csv_begins_with_the_opening_and_ends_with_the_closing(admin, shop) -> None:
    pay(shop, "recharge", 80, at=day(1))
    pay(shop, "recharge", "2000.5", at=day(5), reference="=1+1")
    pay(shop, "deduction", 30, at=day(6))
    found = read_csv(
        admin.get(WHERE + "export/", {"from": "2026-03-02", "to": "2026-03-31", "format": "csv"})
    )
    assert [row["Balance after, USD"] for row in found] == [
        "80",
        "2080.5",
        "2050.5",
        "",
        "",
        "2050.5",
    ]
    assert [row["Amount, USD"] for row in found][1:5] == ["2000.5", "-30", "2000.5", "-30"]
    assert found[1]["Reference"] == "'=1+1"
    assert found[1]["Time (UTC)"] == "2026-03-05T12:00:00+00:00"


def test_the_xlsx_holds_numbers(admin, shop) -> None:
    pay(shop, "recharge", "2000.5", at=day(5))
    answer = admin.get(
        WHERE + "export/",
        {"from": "2026-03-01", "to": "2026-03-31", "zone": "Asia/Dhaka", "format": "xlsx"},
    )
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    header = [cell.value for cell in sheet[1]]
    assert sheet[3][header.index("Amount, USD")].value == 2000.5
    assert sheet[3][header.index("Time (Asia/Dhaka)")].value == datetime(2026, 3, 5, 18)


def test_a_file_is_on_record(admin, administrator, shop) -> None:
    admin.get(WHERE + "export/", {"from": "2026-03-01", "to": "2026-03-31", "format": "csv"})
    entry = AuditEntry.objects.get(action="statement.export")
    assert (entry.actor, entry.account) == (administrator.username, "DE-Shop")
    assert entry.after["filters"]["from"] == str(date(2026, 3, 1))


def test_an_unknown_format_does_not_exist(admin, shop) -> None:
    assert admin.get(WHERE + "export/?format=exe").status_code == 404
    assert not AuditEntry.objects.filter(action="statement.export").exists()


def test_every_login_reads_its_own_statement(shop, agent_login, client_of) -> None:
    pay(shop, "recharge", 5)
    assert client_of(agent_login(shop)).get(WHERE).status_code == 200


def test_a_foreign_statement_does_not_exist(reseller_tree, agent_login, client_of) -> None:
    client = client_of(agent_login(reseller_tree.agent))
    assert client.get("/accounts/Sylhet-Retail-Sub/statement/").status_code == 404
    assert client.get("/accounts/BD-Wholesale-Agent/statement/").status_code == 404


@pytest.mark.wide
def test_more_movements_take_no_more_queries(admin, shop) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin.get(WHERE, {"from": "2026-03-01", "to": "2026-03-31"})
        return len(captured)

    pay(shop, "recharge", 5)
    queries()
    few = queries()
    for number in range(12):
        pay(shop, "recharge", number + 1)
    assert queries() == few

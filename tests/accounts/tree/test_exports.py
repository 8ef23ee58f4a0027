"""Exports: what is on screen, safe to open, never a foreign row, always on record."""

import io
from datetime import UTC, datetime

import openpyxl
import pytest

from accounts.core.models import AuditEntry
from tests.factories import AccountFactory
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    agent = AccountFactory(account_id="DE-Test-Agent")
    AccountFactory(account_id="DE-One", name="=HYPERLINK(1)", parent=agent)
    AccountFactory(
        account_id="DE-Two",
        name="+49 Berlin",
        parent=agent,
        valid_until=datetime(2027, 1, 31, 22, 30, tzinfo=UTC),
        detail={"memo": "-1+1"},
    )
    return agent


def read_xlsx(answer):
    return openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))


WHERE = "/accounts/DE-Test-Agent/sub-accounts/export/"


def test_csv_has_the_columns_and_the_order_of_the_screen(admin, agent) -> None:
    rows = read_csv(admin.get(f"{WHERE}?format=csv&sort=-account_id"))
    assert [row["Account ID"] for row in rows] == ["DE-Two", "DE-One"]
    assert list(rows[0])[:3] == ["Account ID", "Name", "Category"]
    assert "Memo" not in rows[0]


def test_all_columns_are_there_when_asked_for(admin, agent) -> None:
    rows = read_csv(admin.get(f"{WHERE}?format=csv&columns=all"))
    assert {"Memo", "Path", "Time zone"} <= set(rows[0])


def test_filters_count(admin, agent) -> None:
    rows = read_csv(admin.get(f"{WHERE}?format=csv&q=berlin"))
    assert [row["Account ID"] for row in rows] == ["DE-Two"]


def test_no_cell_of_a_csv_is_a_formula(admin, agent) -> None:
    rows = read_csv(admin.get(f"{WHERE}?format=csv&columns=all"))
    assert rows[0]["Name"] == "'=HYPERLINK(1)"
    assert rows[1]["Name"] == "'+49 Berlin"
    assert rows[1]["Memo"] == "'-1+1"


def test_an_end_is_told_by_the_clock_of_its_account(admin, agent) -> None:
    rows = read_csv(admin.get(f"{WHERE}?format=csv&columns=all"))
    assert rows[1]["Valid until (account's zone)"] == "2027-01-31T22:30:00"


def test_an_xlsx_holds_texts_and_dates_and_no_formulas(admin, agent) -> None:
    sheet = read_xlsx(admin.get(f"{WHERE}?format=xlsx&columns=all")).active
    header = [cell.value for cell in sheet[1]]
    name, until = header.index("Name"), header.index("Valid until (account's zone)")
    assert sheet[2][name].value == "=HYPERLINK(1)"
    assert sheet[2][name].data_type == "s"
    assert sheet[3][until].value == datetime(2027, 1, 31, 22, 30)
    assert sheet.freeze_panes == "B2"


def test_an_agent_takes_its_own_accounts_only(reseller_tree, agent_login, client_of) -> None:
    client = client_of(agent_login(reseller_tree.agent))
    rows = read_csv(client.get("/accounts/export/?format=csv&show=all&columns=all"))
    assert {row["Account ID"] for row in rows} == {
        "Customer-001", "Customer-002", "Sub-Sub-Agent", "Customer-301",
    }  # fmt: skip
    assert not any("BD-Wholesale-Agent" in cell for row in rows for cell in row.values())


def test_a_foreign_agents_export_does_not_exist(reseller_tree, agent_login, client_of) -> None:
    client = client_of(agent_login(reseller_tree.agent))
    assert client.get("/accounts/Sylhet-Retail-Sub/sub-accounts/export/").status_code == 404


def test_every_export_is_on_record(admin, administrator, agent) -> None:
    admin.get(f"{WHERE}?format=csv&q=berlin")
    entry = AuditEntry.objects.get(action="accounts.export")
    assert (entry.actor, entry.account) == (administrator.username, "DE-Test-Agent")
    assert entry.after["rows"] == 1
    assert entry.after["filters"]["q"] == "berlin"


def test_an_unknown_format_does_not_exist(admin, agent) -> None:
    assert admin.get(f"{WHERE}?format=exe").status_code == 404
    assert not AuditEntry.objects.filter(action="accounts.export").exists()

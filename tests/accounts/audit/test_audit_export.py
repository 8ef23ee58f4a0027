"""The audit log as a file: what the page shows, safe in a spreadsheet, and itself recorded."""

import csv
import io
from typing import Any

import openpyxl
import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import AuditEntry
from accounts.core.record import record
from accounts.tree.services.accounts import account_lock
from tests.factories import AccountFactory, UserFactory, grant

pytestmark = pytest.mark.django_db


def body(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))


def test_the_file_holds_what_the_page_shows(agent, reseller_tree) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.customer, reason="dispute #118")
    head, first, *_rest = rows(agent.get("/audit/export/?format=csv&q=locked"))
    assert head[:3] == ["Time (UTC)", "Actor", "On behalf of"]
    found = dict(zip(head, first, strict=True))
    assert found["Deed"] == "Locked"
    assert found["Actor"] == "Administrator"
    assert found["Account ID"] == reseller_tree.customer.account_id
    assert found["Path"] == reseller_tree.agent.account_id
    assert found["Change"] == "Status: Active → Locked"
    assert found["Result"] == "done"
    assert found["Reason"] == ""
    assert not _rest


def test_nothing_foreign_stands_in_it(agent, reseller_tree) -> None:
    grant(reseller_tree.top)
    boss = actor_for(UserFactory(account=reseller_tree.top, username="the.boss"))
    account_lock(actor=boss, account=reseller_tree.customer, reason="he pays late")
    for kind in ("csv", "xlsx"):
        raw = body(agent.get(f"/audit/export/?format={kind}"))
        if kind == "xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(raw)).active
            raw = repr([[cell.value for cell in row] for row in sheet]).encode()
        for hidden in ("the.boss", "pays late", "Sylhet-Retail-Sub", "BD-Wholesale-Agent"):
            assert hidden.encode() not in raw


def test_one_account_alone_or_with_all_below(admin, reseller_tree) -> None:
    url = f"/accounts/{reseller_tree.agent.account_id}/audit/export/?format=csv"
    own = {row[6] for row in rows(admin.get(url))[1:]}
    assert own == {reseller_tree.agent.account_id}
    assert reseller_tree.deep_customer.account_id in {
        row[6] for row in rows(admin.get(url + "&show=all"))[1:]
    }


def test_times_are_of_the_viewers_zone(client_of) -> None:
    account = AccountFactory(time_zone="Asia/Dhaka")
    client = client_of(UserFactory(account=account))
    head, first, *_ = rows(client.get("/audit/export/?format=csv&q=created"))
    entry = AuditEntry.objects.get(action="account.create", account_pk=account.pk)
    assert head[0] == "Time (Asia/Dhaka)"
    hour = (entry.at.hour + 6) % 24
    assert first[0][11:13] == f"{hour:02}"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_cell_is_a_formula(admin, kind) -> None:
    account = AccountFactory()
    record(
        actor=SYSTEM, action="account.edit", account=account, subject="+1",
        reason='=HYPERLINK("http://x","y")', after={"name": "@SUM(1)"},
    )  # fmt: skip
    raw = body(admin.get(f"/audit/export/?format={kind}"))
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
        assert len(rows) > 2
        for row in rows:
            assert not [cell for cell in row if cell[:1] in "=+-@" and cell]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(raw)).active
        assert not [cell for row in sheet for cell in row if cell.data_type == "f"]


def test_the_export_is_recorded_with_its_filters(agent, reseller_tree) -> None:
    body(agent.get("/audit/export/?format=csv&actor=dhaka.desk"))
    entry = AuditEntry.objects.get(action="audit.export")
    assert entry.account_pk == reseller_tree.agent.pk
    assert entry.after["filters"]["actor"] == "dhaka.desk"


def test_an_unknown_kind_is_no_file_and_no_export(admin) -> None:
    assert admin.get("/audit/export/?format=exe").status_code == 404
    assert not AuditEntry.objects.filter(action="audit.export").exists()

"""Phones out of sheets: what a file says, what is refused, an export that comes back unchanged."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash
from accounts.kit.sheets_in import MOST_BYTES, BadSheet, read_sheet
from accounts.phones.models import Phone
from accounts.phones.rules.import_plans import ImportPlan
from accounts.phones.rules.values import EDITABLE
from accounts.phones.services.imports import import_preview, phones_import
from accounts.phones.services.phones import phone_edit
from accounts.tree.services.accounts import account_edit
from tests.factories import ResellerTree, UserFactory, grant, phone
from tests.support.pages import field_error, sent_by_form, text_of
from tests.support.sabotage import run_sql

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

# What the page sends where no file was chosen.
EMPTY = {"account": "", "boxes": "file"}


def hand_in(browser: Client, name: str, raw: bytes) -> Any:
    return browser.post("/phones/import/", {**EMPTY, "file": SimpleUploadedFile(name, raw)})


PHONE = Authorization.MANAGE_PHONE
HEADING = ["number", "account_id", "memo"]


def do(rows: list[list[str]], **more: Any) -> ImportPlan:
    """Import the rows as the shell would; returns the plan it followed."""
    plan = import_preview(actor=SYSTEM, rows=rows, **more)
    phones_import(actor=SYSTEM, rows=rows, expected=plan.digest, **more)
    return plan


def problems(rows: list[list[str]], actor: Any = SYSTEM, **more: Any) -> list[str]:
    return [one.problem for one in import_preview(actor=actor, rows=rows, **more).wrong]


def test_new_ones_are_added_and_known_ones_changed(reseller_tree: ResellerTree) -> None:
    account_edit(actor=SYSTEM, account=reseller_tree.customer, detail={"codecs": ["GSM"]})
    phone(reseller_tree.customer, "8801", memo="old", max_calls=3)
    phone(reseller_tree.customer, "8802", memo="same")
    plan = do(
        [
            ["Number", "Account", "DIDs", "Memo", "Colour"],
            ["+880-1", "", "77, 78", "new", "red"],
            ["8802", "", "", "same", ""],
            ["8803", "customer-001", "", "", ""],
        ]
    )
    assert (len(plan.new), len(plan.changes), plan.same) == (1, 1, 1)
    changed, _same, added = Phone.objects.order_by("number")
    assert (changed.memo, changed.dids, changed.max_calls) == ("new", ["77", "78"], 3)
    assert (added.codecs, added.lock, added.max_calls) == (["GSM"], "none", 1)
    assert list(AuditEntry.objects.filter(action="phone.edit").values_list("subject")) == [
        ("8801",)
    ]
    assert AuditEntry.objects.get(action="phones.import").after == {"created": 1, "changed": 1}


def test_everything_that_can_be_edited_is_changed_and_kept(reseller_tree: ResellerTree) -> None:
    """What a file brings is in the database afterwards, not in the audit log alone."""
    phone(reseller_tree.customer, "8801")
    other = {
        "display_number": "99",
        "max_calls": 4,
        "codecs": ["GSM"],
        "memo": "=here",
        "lock": "out",
    }
    assert set(other) == {*EDITABLE, "lock"}, "import the new value here as well"
    cells = [str(one) if not isinstance(one, list) else ", ".join(one) for one in other.values()]
    do([["number", "display", "calls", "codecs", "memo", "lock"], ["8801", *cells]])
    assert Phone.objects.values(*other).get() == other
    assert AuditEntry.objects.get(action="phone.edit").after == other


def test_rows_without_an_account_go_to_the_one_that_was_chosen(reseller_tree: ResellerTree) -> None:
    rows = [["number"], ["8801"]]
    assert problems(rows) == ["Name the account it belongs to."]
    do(rows, account=reseller_tree.customer)
    assert Phone.objects.get().account == reseller_tree.customer


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["8801", "Nobody", ""], "no such account"),
        (["8801", "Customer-101", ""], "no such account"),
        (["8805", "Customer-002", ""], "It belongs to Customer-001"),
        (["8.8E+12", "Customer-001", ""], "cut this number short"),
        (["", "Customer-001", "x"], "Enter a number"),
        (["abc", "Customer-001", ""], "digits only"),
        (["8801", "Customer-001", "x" * 300], "at most 200"),
    ],
)
def test_what_is_wrong_with_a_row(reseller_tree: ResellerTree, row: list[str], words: str) -> None:
    phone(reseller_tree.customer, "8805")
    grant(reseller_tree.agent, PHONE)
    actor = actor_for(UserFactory(account=reseller_tree.agent))
    (problem,) = problems([HEADING, row], actor)
    assert words in problem
    assert "Customer-101" not in problem


@pytest.mark.parametrize(
    ("heading", "cell", "words"),
    [
        ("lock", "sometimes", "none, out, in, all"),
        ("calls", "-1", "no number of concurrent calls"),
        ("calls", "0", "from 1 to"),
        ("codecs", "G.999", "Unknown codec"),
        ("display", "me", "digits only"),
        ("dids", "8801", "own number"),
    ],
)
def test_what_is_wrong_with_a_cell(
    reseller_tree: ResellerTree, heading: str, cell: str, words: str
) -> None:
    rows = [["number", "account", heading], ["8801", "Customer-001", cell]]
    (problem,) = problems(rows)
    assert words in problem


def test_no_number_stands_in_two_rows(reseller_tree: ResellerTree) -> None:
    rows = [["number", "account", "dids"], ["1", "Customer-001", "3"], ["2", "Customer-001", "3"]]
    assert problems(rows) == ["3 stands in line 2 already."]


def test_who_may_not_manage_phones_imports_none(reseller_tree: ResellerTree) -> None:
    actor = actor_for(UserFactory(account=reseller_tree.agent))
    (problem,) = problems([HEADING, ["8801", "Customer-001", ""]], actor)
    assert "authorization 2" in problem


def test_what_changed_since_the_preview_stops_it(reseller_tree: ResellerTree) -> None:
    one = phone(reseller_tree.customer, "8801", memo="old")
    rows = [["number", "memo"], ["8801", "new"]]
    seen = import_preview(actor=SYSTEM, rows=rows).digest
    phone_edit(actor=SYSTEM, phone=one, memo="theirs")
    with pytest.raises(Clash):
        phones_import(actor=SYSTEM, rows=rows, expected=seen)


def planted(tree: ResellerTree) -> None:
    phone(tree.customer, "8801", dids=["771", "772"], lock="out", codecs=["Opus", "GSM"])
    phone(tree.customer, "0080", memo="=1+1", max_calls=7)
    phone(tree.customer_2, "8802", memo="'=1", display_number="0099")
    phone(tree.deep_customer, "8803", memo='@home, „quoted“ "too"; x')


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_that_is_imported_changes_nothing(
    reseller_tree: ResellerTree, agent: Client, kind: str
) -> None:
    planted(reseller_tree)
    answer: Any = agent.get(f"/phones/export/?format={kind}")
    raw = b"".join(answer.streaming_content)
    before = list(Phone.objects.order_by("pk").values())
    shown = agent.post(
        "/phones/import/", {**EMPTY, "file": SimpleUploadedFile(f"phones.{kind}", raw)}
    )
    page = text_of(shown)
    assert "Unchanged 4" in page
    assert "there is nothing to import" in page
    assert list(Phone.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_into_an_empty_place_gives_the_same_phones(
    reseller_tree: ResellerTree, agent: Client, kind: str
) -> None:
    planted(reseller_tree)
    answer: Any = agent.get(f"/phones/export/?format={kind}")
    rows = read_sheet(b"".join(answer.streaming_content), 1000)
    fields = ("number", "account", "lock", *EDITABLE)
    before = list(Phone.objects.order_by("number").values(*fields))
    Phone.objects.all().delete()
    do(rows)
    assert list(Phone.objects.order_by("number").values(*fields)) == before


def test_the_pages_show_it_and_hand_the_errors_back(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    raw = b"number;account;memo\n8801;Customer-001;ok\n8802;Nobody;=1\n"
    shown = hand_in(agent, "p.csv", raw)
    assert shown.status_code == 422
    assert "There is no such account." in text_of(shown)
    sent = sent_by_form(shown, "text")
    answer: Any = agent.post("/phones/import/errors/", {**sent, "format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [
        ["number", "account", "memo", "Row", "Problem"],
        ["8802", "Nobody", "=1", 3, "There is no such account."],
    ]
    assert not Phone.objects.exists()


def xlsx(rows: list[list[Any]]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def bomb() -> bytes:
    """A sheet that unpacks to far more than it looks."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 1024 * 1024))
    return file.getvalue()


def with_cell(text: bytes) -> bytes:
    """A sheet whose XML holds this for a cell."""
    file = io.BytesIO()
    sheet = zipfile.ZipFile(io.BytesIO(xlsx([["number", "memo"], ["1", "MARK"]])))
    with sheet, zipfile.ZipFile(file, "w") as parts:
        for name in sheet.namelist():
            parts.writestr(name, sheet.read(name).replace(b"MARK", text))
    return file.getvalue()


def entities() -> bytes:
    """A sheet whose XML declares entities."""
    file = io.BytesIO(xlsx([["number"], ["1"]]))
    with zipfile.ZipFile(file, "a") as parts:
        parts.writestr("xl/extra.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    return file.getvalue()


def test_numbers_in_cells_of_a_sheet_are_read_whole() -> None:
    raw = xlsx([["number", "memo"], [8801711000000, 1.5], [8801.0, None], ["=1+1", True]])
    assert read_sheet(raw, 10)[:3] == [["number", "memo"], ["8801711000000", "1.5"], ["8801"]]


@pytest.mark.parametrize("cell", [b"9999-12-31", b"1e999", b"nan", b"9" * 5000, b"x" * 2**20])
def test_cells_that_mean_nothing_are_texts(cell: bytes) -> None:
    assert read_sheet(with_cell(cell), 10) == [["number", "memo"], ["1", cell.decode()]]


@pytest.mark.parametrize("cell", [b"_xD800_", b"_x0000_"])
def test_escapes_of_what_is_no_text_are_nothing(cell: bytes) -> None:
    assert read_sheet(with_cell(cell), 10) == [["number", "memo"], ["1"]]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "empty"),
        (lambda: b"\xff\x00n", "not_utf8"),
        (lambda: b'number\n"8801', "quotes"),
        (lambda: b"x" * (MOST_BYTES + 1), "too_large"),
        (lambda: b"number\n" + b"1\n" * 2000, "too_many_rows"),
        (lambda: b"number,memo\n1," + b"x" * 2**20, "quotes"),
        (lambda: xlsx([["number"]] + [[n] for n in range(2000)]), "too_many_rows"),
        (lambda: with_cell(b"&#xD800;"), "damaged"),
        (lambda: with_cell(b"a\xed\xa0\x80"), "damaged"),
        (lambda: with_cell(b"&#0;"), "damaged"),
        (lambda: b"PK\x03\x04 and then nothing", "damaged"),
        (bomb, "too_large"),
        (entities, "damaged"),
    ],
)
def test_hostile_and_damaged_files_are_refused(make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(BadSheet) as caught:
        read_sheet(make(), 1000)
    assert caught.value.code == code


def test_a_file_that_cannot_be_read_is_an_error_beside_its_box(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    answer = agent.post(
        "/phones/import/", {**EMPTY, "file": SimpleUploadedFile("p.xlsx", b"PK\x03\x04x")}
    )
    assert answer.status_code == 422
    assert "damaged" in field_error(answer, "file")
    empty = agent.post(
        "/phones/import/", {**EMPTY, "file": SimpleUploadedFile("p.csv", b"colour\nred")}
    )
    assert "Number" in text_of(empty)
    assert field_error(agent.post("/phones/import/", EMPTY), "file")


def test_a_thousand_rows_take_as_many_queries_as_a_few(
    reseller_tree: ResellerTree, django_assert_max_num_queries: Any
) -> None:
    rows = [["number", "account"], *([str(n), "Customer-001"] for n in range(10_000, 11_000))]
    with django_assert_max_num_queries(60):
        plan = import_preview(actor=SYSTEM, rows=rows)
        phones_import(actor=SYSTEM, rows=rows, expected=plan.digest)
    changed = [["number", "memo"], *([str(n), "desk"] for n in range(10_000, 11_000))]
    with django_assert_max_num_queries(60):
        do(changed)
    assert Phone.objects.filter(memo="desk").count() == 1000


def test_a_memo_in_the_spelling_of_an_earlier_version_is_no_change(
    reseller_tree: ResellerTree,
) -> None:
    phone(reseller_tree.customer, "8801")
    old = " Cafe\u0301  \u200bSud "
    run_sql("UPDATE accounts_phone SET memo = %s", old)
    plan = do([["Number", "Memo"], ["8801", old]])
    assert (plan.same, Phone.objects.get().memo) == (1, old)
    do([["Number", "Memo"], ["8801", "Cafe\u0301 Nord"]])
    assert Phone.objects.get().memo == "Café Nord"

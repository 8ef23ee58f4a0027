"""Sheets of phones from other systems: which column is which, by the words of their headings or by
what a person answers.
"""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.headings import letters_of
from accounts.kit.sheets_in import BadSheet, read_sheet
from accounts.phones.forms.phones import letter_of
from accounts.phones.models import Phone
from accounts.phones.rules.sheet import read_rows
from accounts.phones.rules.sheet_columns import COLUMNS, KNOWN, Layout, layout_from, layout_of
from tests.factories import ResellerTree, phone
from tests.support.answering import answered
from tests.support.pages import sent_by_form, text_of
from tests.support.sheets import book, raw_of

pytestmark = pytest.mark.django_db
URL = "/phones/import/"
EMPTY = {"account": "", "boxes": "file"}
BARE = b"8801711000001;Customer-001;G.729;3;front desk\n8801711000002;Customer-002;G.729;3;back\n"


def hand_in(browser: Client, raw: bytes, name: str = "p.csv", **more: str) -> Any:
    return browser.post(URL, {**EMPTY, **more, "file": SimpleUploadedFile(name, raw)})


def commit(browser: Client, page: Any) -> Any:
    return browser.post(URL, sent_by_form(page, "seen"))


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        # A telephone system's own export.
        (
            "extension,name,secret,outboundcid,max_calls,allow",
            ["number", "", "", "display_number", "max_calls", "codecs"],
        ),
        (
            "Username;Customer;Caller ID;Channels",
            ["number", "account_id", "display_number", "max_calls"],
        ),
        (
            "MSISDN (E.164);Client ID;CLI;Codec list",
            ["number", "account_id", "display_number", "codecs"],
        ),
        ("SIP user;Account No.;DDI;Description", ["number", "account_id", "dids", "memo"]),
        ("DIDs,Phone Number:,Owner,Comment", ["dids", "number", "account_id", "memo"]),
        ("Rufnummer;Kundennummer;Sperre;Bemerkung", ["number", "account_id", "lock", "memo"]),
        ("\ufeffНомер\tКлиент\tКодеки", ["number", "account_id", "codecs"]),
        # The portal's own.
        (
            "Number,Account ID,State,Display number,DIDs,Lock,Concurrent calls",
            ["number", "account_id", "", "display_number", "dids", "lock", "max_calls"],
        ),
    ],
)  # fmt: skip
def test_headings_are_known_in_the_words_of_other_systems(headings: str, names: list[str]) -> None:
    raw = f"{headings}\n".encode()
    found = layout_of(read_sheet(raw, 10))
    assert found.asks == ""
    assert dict(found.columns) == {at: name for at, name in enumerate(names) if name}


def test_a_title_and_two_rows_of_headings_count_as_lines() -> None:
    rows = [["Phones of March"], ["Customer", "", "Phone"], ["ID", "Name", "Number"],
            ["Customer-001", "Ann", "8801"]]  # fmt: skip
    (one,) = read_rows(rows)
    assert (one.line, one.number, one.account_id) == (4, "8801", "Customer-001")


@pytest.mark.parametrize("secret", ["Password", "SIP Secret", "Kennwort", "ha1"])
def test_passwords_of_a_file_are_said_not_to_be_taken_and_go_nowhere(
    reseller_tree: ResellerTree, agent: Client, secret: str
) -> None:
    raw = f"Number,Account,{secret},Memo\n8801,Customer-001,s3cr3t-x,hello\n".encode()
    page = hand_in(agent, raw)
    assert "Passwords in the file are not taken over" in text_of(page)
    assert "s3cr3t-x" not in page.content.decode()
    assert "s3cr3t-x" not in commit(agent, page).content.decode()
    assert Phone.objects.get().memo == "hello"


def test_a_sheet_without_headings_is_asked_about_with_what_it_looks_like(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    page = hand_in(agent, BARE)
    assert page.status_code == 200
    assert "Which column is which?" in text_of(page)
    sent = answered(page, {"column_0": "number"})
    chosen = [sent[f"column_{at}"] for at in range(5)]
    assert [one if isinstance(one, str) else one[0] for one in chosen] == [
        "number", "account_id", "codecs", "max_calls", "memo",
    ]  # fmt: skip
    assert not Phone.objects.exists()


def test_what_was_answered_holds_until_the_phones_are_there(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    asked = hand_in(agent, BARE)
    page = agent.post(URL, answered(asked, {"column_4": ""}))
    assert "New 2" in text_of(page)
    assert "Passwords of 2 imported phones" in text_of(commit(agent, page))
    assert list(Phone.objects.order_by("number").values_list("memo", "max_calls", "codecs")) == [
        ("", 3, ["G.729"]), ("", 3, ["G.729"]),
    ]  # fmt: skip


def test_an_answer_without_a_number_or_with_one_column_twice_is_refused(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    asked = hand_in(agent, BARE)
    none = agent.post(URL, answered(asked, {"column_0": ""}))
    assert none.status_code == 422
    assert "Say which column holds the number" in text_of(none)
    twice = agent.post(URL, answered(asked, {"column_4": "number"}))
    assert twice.status_code == 422
    assert "Another column is “Number” already." in text_of(twice)


@pytest.mark.parametrize(
    "answer", ["0:number,number", "0:memo", "0:number,colour", "x", "-1:number"]
)
def test_an_answer_nobody_could_give_is_refused(answer: str) -> None:
    with pytest.raises(BadSheet):
        layout_from(answer)


@given(st.integers(0, 11), st.permutations([*COLUMNS, "", ""]))
def test_an_answer_is_read_as_it_was_written(first: int, names: list[str]) -> None:
    columns = {at: name for at, name in enumerate(names) if name}
    assert layout_from(Layout(first, columns).written) == (first, columns)


def test_two_headings_that_could_both_be_the_number_are_asked_about(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    page = hand_in(agent, b"Extension,MSISDN,Account\n101,8801711000001,Customer-001\n")
    assert "Several columns could be “Number”: Extension, MSISDN." in text_of(page)
    done = agent.post(URL, answered(page, {"column_1": "number"}))
    assert "8801711000001" in text_of(done)
    assert "New 1" in text_of(done)


def test_what_was_recognised_can_be_changed(reseller_tree: ResellerTree, agent: Client) -> None:
    page = hand_in(agent, b"Number,Account,Colour\n8801,Customer-001,red\n")
    assert "Nothing is read from these columns: Colour." in text_of(page)
    sent = {name: one for name, one in sent_by_form(page, "text").items() if name != "seen"}
    asked = agent.post(URL, {**sent, "ask": "1"})
    assert "Which column is which?" in text_of(asked)
    checked = agent.post(URL, answered(asked, {"column_2": "memo"}))
    commit(agent, checked)
    assert Phone.objects.get().memo == "red"


def test_the_error_file_of_an_answered_sheet_needs_no_answer(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    raw = BARE.replace(b"Customer-002", b"Nobody-1")
    asked = hand_in(agent, raw)
    page = agent.post(URL, answered(asked))
    sent = sent_by_form(page, "text")
    file = raw_of(agent.post(f"{URL}errors/", {**sent, "format": "xlsx"}))
    corrected = read_sheet(file, 10)
    assert corrected[0][:5] == ["number", "account_id", "codecs", "max_calls", "memo"]
    assert corrected[1][0] == "8801711000002"
    corrected[1][1] = "Customer-002"
    again = hand_in(agent, book(errors=corrected), "errors.xlsx")
    assert "New 1" in text_of(again)


def test_of_several_worksheets_the_one_that_is_read_is_named_until_the_end(
    reseller_tree: ResellerTree, agent: Client
) -> None:
    raw = book(Cover=[], Phones=[["Number", "Account"], [8801, "Customer-001"]], Old=[["x"]])
    page = hand_in(agent, raw, "p.xlsx")
    assert "Only the worksheet “Phones” was read; not read: Old." in text_of(page)
    asked = agent.post(URL, {**sent_by_form(page, "text"), "seen": "", "ask": "1"})
    assert "not read: Old." in text_of(agent.post(URL, answered(asked, {"column_0": "number"})))


@pytest.mark.parametrize("cell", ["no", "False", "0", "unlocked", "Not locked", "none"])
def test_locks_are_known_as_other_systems_write_none(
    reseller_tree: ResellerTree, cell: str
) -> None:
    (one,) = read_rows([["Number", "Locked"], ["8801", cell]])
    assert dict(one.values) == {"lock": "none"}


def test_the_separator_is_what_most_lines_hold() -> None:
    rows = read_sheet(b"Phones, March\nNumber;Memo\n8801;a, b\n8802;c\n", 10)
    assert rows[1:] == [["Number", "Memo"], ["8801", "a, b"], ["8802", "c"]]
    assert read_sheet(b"sep=|\nNumber|Memo\n8801|a;b\n", 10)[1:] == [
        ["Number", "Memo"], ["8801", "a;b"],
    ]  # fmt: skip
    assert read_sheet("Number\tMemo\r\n8801\tü\r\n".encode("utf-16"), 10)[1] == ["8801", "ü"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_of_chosen_columns_in_any_order_is_no_change(
    reseller_tree: ResellerTree, agent: Client, kind: str
) -> None:
    phone(reseller_tree.customer, "0080", memo="@home", dids=["771", "772"], lock="out")
    phone(reseller_tree.customer_2, "8802", codecs=["Opus", "GSM"], max_calls=7)
    exported = read_sheet(raw_of(agent.get(f"/phones/export/?format={kind}")), 100)
    turned = [
        [*reversed(row)] for row in (row + [""] * (len(exported[0]) - len(row)) for row in exported)
    ]
    page = hand_in(agent, book(Phones=[["From the portal"], [], *turned]), "p.xlsx")
    assert "Unchanged 2" in text_of(page)
    assert "there is nothing to import" in text_of(page)


def test_no_word_means_two_columns() -> None:
    words = {
        (letters_of(word), name)
        for name, known in KNOWN.items()
        for word in (*known.sure, *known.loose)
    }
    assert len({word for word, _name in words}) == len(words)


def test_every_column_a_person_may_choose_is_known_by_its_own_heading() -> None:
    assert layout_of([[str(one) for one in COLUMNS.values()]]).columns == dict(enumerate(COLUMNS))


def test_more_columns_than_anybody_needs_are_refused_and_not_cut_off() -> None:
    assert len(read_sheet(",".join(["x"] * 200).encode(), 10)[0]) == 200
    with pytest.raises(BadSheet) as refused:
        read_sheet(",".join(["x"] * 300).encode(), 10)
    assert refused.value.code == "too_many_columns"


def test_columns_are_called_as_spreadsheets_call_them() -> None:
    assert [letter_of(at) for at in (0, 25, 26, 51, 52, 255)] == ["A", "Z", "AA", "AZ", "BA", "IV"]


def test_a_formula_without_what_it_comes_to_empties_nothing(reseller_tree: ResellerTree) -> None:
    rows = read_sheet(book(P=[["Number", "Display number"], ["8801", "=A2"]]), 10)
    (one,) = read_rows(rows)
    assert one.problem


def test_a_remark_beside_empty_columns_is_no_phone() -> None:
    assert [one.number for one in read_rows([["Number", "Problem"], ["8801"], ["", "more"]])] == [
        "8801"
    ]

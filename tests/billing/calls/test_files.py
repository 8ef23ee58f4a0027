"""What files of call records say: headings of many systems, lines, and what nobody can read."""

import pytest

from accounts.kit.sheets_in import BadSheet
from billing.calls.files import Line, Problem
from billing.calls.headings import KNOWN
from billing.calls.records import COLUMNS
from tests.factories.call_files import HEADING, packed, record_sheet, said, sheet

RECORD = {
    "call_id": "c-1",
    "account": "Customer-001",
    "callee": "8801711000000",
    "setup": "2026-11-30T10:00:00+06:00",
    "answer": "2026-11-30T10:00:05+06:00",
    "end": "2026-11-30T10:01:05+06:00",
    "duration": "60",
}


def one(**changes: str) -> dict[str, str]:
    """The columns of a line, as they are read."""
    (line,) = said(sheet({**RECORD, **changes}))
    assert isinstance(line, Line)
    return line.columns


def problem(**changes: str) -> tuple[str, str]:
    """(column, words) of a line that is refused."""
    (line,) = said(sheet({**RECORD, **changes}))
    assert isinstance(line, Problem)
    return line.column, line.words


def code(text: str | bytes) -> tuple[str, str]:
    with pytest.raises(BadSheet) as refused:
        said(text)
    return refused.value.code, str(refused.value)


def test_every_column_has_its_words_and_is_called_by_its_name() -> None:
    assert KNOWN.keys() == COLUMNS.keys()
    (line,) = said(sheet({**dict.fromkeys(COLUMNS, "1"), **RECORD}))
    assert line == Line(2, {**dict.fromkeys(COLUMNS, "1"), **RECORD})


def test_empty_cells_are_left_out_and_separators_found() -> None:
    text = sheet(RECORD)
    expected = [Line(2, RECORD)]
    assert said(text) == expected
    for other in (";", "\t", "|"):
        assert said(text.replace(",", other)) == expected
    assert said("\ufeff" + text) == expected
    assert said(text.encode("utf-16")) == expected
    assert said(packed(text)) == expected
    assert said(text.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize(
    ("heading", "line", "expected"),
    [
        (
            "flowno,callere164,calleee164,calleeaccesse164,starttime,stoptime,holdtime,feetime,"
            "fee,endreason,customeraccount,callergatewayid,calleegatewayid",
            "77,4420,8801711,008801711,1764547200,1764547260,60,60,0.1,0,Customer-001,gw-in,gw-out",
            {
                "call_id": "77", "caller": "4420", "callee": "008801711", "setup": "1764547200",
                "answer": "2025-12-01T00:00:00+00:00", "end": "1764547260", "duration": "60",
                "cause": "0", "account": "Customer-001", "gateway": "gw-in",
                "routing_gateway": "gw-out",
            },
        ),
        (
            "uuid,caller_id_number,destination_number,start_stamp,start_epoch,answer_epoch,"
            "end_epoch,duration,billsec,hangup_cause,accountcode",
            "u-1,4420,8801711,2025-12-01 00:00:00,1764547200,0,1764547230,30,0,NO_ANSWER,Customer",
            {
                "call_id": "u-1", "caller": "4420", "callee": "8801711", "setup": "1764547200",
                "end": "1764547230", "duration": "0", "cause": "NO_ANSWER", "account": "Customer",
            },
        ),
        (
            "accountcode;src;dst;start;answer;end;duration;billsec;disposition;uniqueid;linkedid",
            "Customer;4420;8801711;2025-12-01T00:00:00Z;2025-12-01T00:00:10Z;2025-12-01T00:00:40Z;"
            "40;30;ANSWERED;1764.1;1764.0",
            {
                "account": "Customer", "caller": "4420", "callee": "8801711",
                "setup": "2025-12-01T00:00:00Z", "answer": "2025-12-01T00:00:10Z",
                "end": "2025-12-01T00:00:40Z", "duration": "30", "cause": "ANSWERED",
                "call_id": "1764.1", "session": "1764.0",
            },
        ),
        (
            "callid,src_user,dst_ouser,dst_user,start_time,end_time,duration,sip_code,gateway",
            "k-1,4420,008801711,9908801711,1764547200,1764547210,0,486,gw",
            {
                "call_id": "k-1", "caller": "4420", "callee": "008801711", "setup": "1764547200",
                "end": "1764547210", "duration": "0", "cause": "486", "gateway": "gw",
            },
        ),
    ],
    ids=["vos3000", "freeswitch", "asterisk", "kamailio"],
)  # fmt: skip
def test_the_words_of_switches(heading: str, line: str, expected: dict[str, str]) -> None:
    assert said(f"{heading}\n{line}\n") == [Line(2, expected)]


def test_titles_and_headings_that_come_again_are_no_records() -> None:
    text = "Calls of November\n\n" + sheet(RECORD) + sheet({**RECORD, "call_id": "c-2"})
    found = said(text)
    assert [(line.line, type(line)) for line in found] == [(4, Line), (6, Line)]


def test_as_many_lines_may_stand_above_as_a_title_has() -> None:
    title = "".join(f"Line {one} of the title\n" for one in "abcdefghij")
    assert [line.line for line in said(title + sheet(RECORD))] == [12]
    assert code(f"One more\n{title}{sheet(RECORD)}")[0] == "no_headings"


def test_a_heading_alone_is_a_file_without_calls() -> None:
    assert said(HEADING + "\n") == []


@pytest.mark.parametrize(
    ("heading", "refused", "names"),
    [
        ("a,b", "no_headings", "“call_id”"),
        ("call_id,setup,end,callee", "missing_columns", "“duration”"),
        ("setup,end,duration", "missing_columns", "“call_id”, “callee”"),
        (f"{HEADING},Call ID", "two_columns", "“call_id”, “Call ID”"),
        (f"{HEADING},cause", "two_columns", "“cause”, “cause”"),
        # The row that says most is meant, what it says twice included.
        ("Call ID\nsetup,end,duration,callee", "missing_columns", "for: “call_id”."),
        ("call_id,setup\nend,callee,duration,duration", "two_columns", "“duration”"),
    ],
)
def test_columns_that_miss_or_come_twice_are_named(heading: str, refused: str, names: str) -> None:
    found, words = code(f"{heading}\n1,2\n")
    assert found == refused
    assert names in words


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"call_id": ""}, "call_id", "empty"),
        ({"setup": ""}, "setup", "empty"),
        ({"end": "yesterday"}, "end", "“yesterday” is no moment"),
        ({"answer": "2026-11-30 10:00:05"}, "answer", "offset"),
        ({"setup": "20261130"}, "setup", "offset"),
        ({"setup": "0001-01-01T00:00:00+06:00"}, "setup", "offset"),
        ({"duration": "1:00"}, "duration", "“1:00” is no number of seconds"),
        ({"duration": "nan"}, "duration", "seconds"),
        ({"duration": "1e999"}, "duration", "seconds"),
        ({"callee": "8" * 65}, "callee", "longer than 64"),
        ({"account": ""}, "", "names nobody"),
        ({"cause": "16,17"}, "", "more cells"),
    ],
)
def test_what_nobody_can_read_is_refused_by_column(
    changes: dict[str, str], column: str, words: str
) -> None:
    found, said_words = problem(**changes)
    assert found == column
    assert words in said_words


def test_columns_are_named_as_the_file_names_them_and_other_lines_are_read() -> None:
    text = sheet(RECORD, {**RECORD, "end": "x"}, RECORD).replace("end", "Hangup time", 1)
    assert [(one.line, one[1] if isinstance(one, Problem) else "") for one in said(text)] == [
        (2, ""),
        (3, "Hangup time"),
        (4, ""),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"duration": "-5"},
        {"duration": "1000000000"},
        {"duration": "1e9"},
        {"setup": "0001-01-01T00:00:00Z"},
        {"end": "9999-12-31T23:59:59Z"},
        {"answer": "2026-12-01T00:00:00Z"},
        {"callee": ""},
        {"answer": ""},
    ],
)
def test_what_cannot_be_true_goes_in(changes: dict[str, str]) -> None:
    expected = {name: text for name, text in {**RECORD, **changes}.items() if text}
    assert one(**changes) == expected


def test_moments_are_written_in_several_ways() -> None:
    for text in ("2026-11-30 04:00:05Z", "2026-11-30T04:00:05.250+00:00", "1796011205.5"):
        assert one(answer=text)["answer"] == text
    assert "answer" not in one(answer="0000-00-00 00:00:00", duration="0")


def test_an_empty_duration_is_the_time_between_answer_and_end() -> None:
    assert one(duration="")["duration"] == "60"
    assert one(duration="", answer="2026-11-30T10:00:05.5+06:00")["duration"] == "59.5"
    assert one(duration="", answer="2026-11-30T10:02:05+06:00")["duration"] == "-60"
    assert one(duration="", answer="")["duration"] == "0"


def test_without_a_column_of_answers_what_was_spoken_was_answered() -> None:
    columns = tuple(name for name in COLUMNS if name != "answer")

    def answered(**changes: str) -> str:
        (line,) = said(sheet({**RECORD, **changes}, columns=columns))
        assert isinstance(line, Line)
        return line.columns.get("answer", "")

    assert answered() == "2026-11-30T04:00:05+00:00"
    assert answered(duration="0") == ""
    # A second more than fits is how clocks round.
    assert answered(duration="66") == "2026-11-30T04:00:00+00:00"
    assert answered(duration="68") == "2026-11-30T03:59:57+00:00"
    assert answered(duration="1e300") == ""


def test_hostile_files_are_refused_by_line() -> None:
    text = sheet(RECORD)
    assert code(b"") == ("empty", "This file is empty.")
    assert code(b"PK\x03\x04 and more")[0] == "not_csv"
    refused, words = code(text + '"')
    assert (refused, "Line 3" in words) == ("quotes", True)
    refused, words = code(text + '"\n' + '","\n' * 400_000)
    assert (refused, "Line 3" in words) == ("quotes", True)
    refused, words = code(text + "a\x00b\n")
    assert (refused, "Line 3" in words) == ("not_utf8", True)
    refused, words = code(text.encode() + "é\n".encode("latin-1"))
    assert (refused, "Line 3" in words) == ("not_utf8", True)
    assert code(text.encode("utf-16-le"))[0] == "not_utf8"
    refused, words = code(text + "x" * 5_000_000)
    assert (refused, "Line 3" in words) == ("long_line", True)
    assert code("a" + ",b" * 400)[0] == "too_many_columns"


def test_packed_files_are_refused_as_well() -> None:
    raw = packed(sheet(*({**RECORD, "call_id": f"{at * 7919}"} for at in range(5_000))))
    refused, words = code(raw[:-500])
    assert refused == "torn"
    assert words.startswith("From line ")
    assert code(raw[:9])[0] == "torn"
    assert code(raw + b"no more of it")[0] == "torn"
    # One line, or all of it, that unpacks to a thousand times as much.
    assert code(packed(sheet(RECORD) + "0" * 30_000_000))[0] == "long_line"


@pytest.mark.wide
def test_no_more_than_so_much_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.kit.sheet_stream.MOST_UNPACKED", 3_000_000)
    text = sheet(RECORD) + ("\n" * 4_000_000)
    assert code(packed(text))[0] == "unpacks_too_large"
    assert code(text)[0] == "unpacks_too_large"


def test_lines_go_on_where_they_stood() -> None:
    text = sheet(RECORD, {**RECORD, "call_id": ""}, {**RECORD, "call_id": "c-3"})
    found = record_sheet(text)
    assert found.check() == 3
    assert [one.line for one in found.lines(after=2)] == [3, 4]
    assert [one.line for one in found.lines(after=4)] == []


def test_quoted_cells_may_hold_lines() -> None:
    text = sheet({**RECORD, "cause": '"16\n17"'}, {**RECORD, "call_id": "c-2"})
    assert [one.line for one in said(text)] == [2, 4]

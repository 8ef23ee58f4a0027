"""What rows of decks say, column by column, and what is none of them (docs/domain.md 7)."""

import io
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.kit.sheets_in import BadSheet
from billing.rates import deck_reading
from billing.rates.deck_entries import Answers, Entry, Remark
from billing.rates.deck_reading import OWN, Deck
from billing.rates.periods import read_period

UTC = ZoneInfo("UTC")


def said(text: str, **answers: Any) -> list[Entry | Remark]:
    deck = Deck(io.BytesIO(text.encode()), UTC, Answers(**answers))
    deck.survey()
    return list(deck.entries())


def entries(text: str, **answers: Any) -> list[Entry]:
    return [one for one in said(text, **answers) if isinstance(one, Entry)]


def only(text: str, **answers: Any) -> Entry:
    (one,) = entries(text, **answers)
    return one


# --- Which column is which


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("Area code,Rate\n88017,1\n", "88017"),
        ("Country code,Rate\n880,1\n", "880"),
        ("Prefix,Country code,Rate\n17,880,1\n", "88017"),
        ("Prefix,Country code,Rate\n88017,880,1\n", "88017"),
        ("Prefix,Peak\n880,1\n", "880"),
        ("Prefix,Off-peak\n880,1\n", "880"),
    ],
)
def test_prefix_and_price_are_found(text: str, prefix: str) -> None:
    one = only(text)
    assert (one.prefix, one.price, one.problem) == (prefix, Decimal(1), "")


@pytest.mark.parametrize(
    "text",
    ["Prefix,Rate,Setup fee (EUR)\n880,1,1\n", "Prefix,Peak (EUR),Off-peak (EUR)\n880,1,1\n"],
)
def test_no_price_is_in_another_currency(text: str) -> None:
    with pytest.raises(BadSheet) as refused:
        said(text)
    assert refused.value.code == "other_currency"


def test_the_platforms_own_currency_is_none() -> None:
    assert only("Prefix,Rate (USD or EUR)\n880,1\n").price == Decimal(1)


# --- Lines that are about no prefix


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("All prices exclude taxes,,,", "All prices exclude taxes"),
        (",Notes,,see below", "Notes see below"),
        ("Total,,3,", "Total 3"),
        # Headings once more, as on every page of a printed list.
        ("Prefix,Destination,Rate,Interval", ""),
    ],
)
def test_lines_that_say_something_else(line: str, words: str) -> None:
    text = f"Prefix,Destination,Rate,Interval\n880,Bangladesh,1,60/60\n{line}\n44,UK,1,60/60\n"
    found = said(text)
    assert [one.prefix for one in found if isinstance(one, Entry)] == ["880", "44"]
    remarks = [one for one in found if isinstance(one, Remark)]
    assert remarks == ([Remark(3, words)] if words else [])


# --- What is refused


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Country code,Area code,Rate\n,17,1\n", "Country code: There is no country code."),
        ("Prefix,Rate\n0880,1\n", "Prefix: 0880 begins with 0: write it with its country code."),
        (
            "Prefix,Rate,Effective,Until\n880,1,2027-01-01,2027-01-01\n",
            "Until: It ends before it begins.",
        ),
        ("Prefix,Rate,Enabled\n880,1,perhaps\n", "Enabled: “perhaps” is neither yes nor no."),
    ],
)
def test_rows_are_refused_by_column(text: str, problem: str) -> None:
    assert only(text).problem == problem


def test_in_our_own_files_prefixes_are_as_they_are() -> None:
    head = ",".join(OWN)
    assert only(f"{head}\n0880,,1,0,60,60,,,,\n").prefix == "0880"
    assert only(f"{head}\n{'9' * 16},,1,0,60,60,,,,\n").problem.startswith("prefix: ")


# --- Values


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("Prefix,Rate,First block\n880,1,30\n", (30, 30)),
        ("Prefix,Rate,Increment\n880,1,6\n", (6, 6)),
        ("Prefix,Rate,First block,Increment\n880,1,30,6\n", (30, 6)),
        ("Prefix,Rate,Interval\n880,1,30/6\n", (30, 6)),
        ("Prefix,Rate,Interval\n880,1,\n", (60, 1)),
        ("Prefix,Rate\n880,1\n", (60, 1)),
    ],
)
def test_blocks_of_one_column_or_two_or_those_of_all(text: str, blocks: tuple[int, int]) -> None:
    one = only(text, first_block=60, increment=1)
    assert (one.first_block, one.increment) == blocks


def test_locked_and_enabled_are_the_contrary_of_each_other() -> None:
    locked = entries("Prefix,Rate,Locked\n880,1,yes\n44,1,no\n")
    enabled = entries("Prefix,Rate,Enabled\n880,1,yes\n44,1,no\n")
    assert [one.is_locked for one in locked] == [True, False]
    assert [one.is_locked for one in enabled] == [False, True]
    assert only("Prefix,Rate\n880,1\n").is_locked is None


def test_dates_that_need_not_count_are_not_read() -> None:
    text = "Prefix,Rate,Effective,Until\n880,1,2027-01-01,whenever\n"
    one = only(text, has_own_dates=False)
    assert (one.since, one.until, one.problem) == (None, None, "")


def test_a_prefix_that_ends_needs_no_price() -> None:
    one = only("Prefix,Rate,Status\n880,,Deleted\n")
    assert (one.is_end, one.problem) == (True, "")


def test_hours_stand_in_a_column_of_their_own() -> None:
    one = only("Prefix,Rate,Period\n880,1,mon-fri 08:00-20:00\n")
    assert one.period == read_period("mon-fri 08:00-20:00")
    assert only("Prefix,Rate,Period\n880,1,nightly\n").problem.startswith("Period: ")


def test_a_fee_and_none() -> None:
    some = entries("Prefix,Rate,Setup fee\n880,1,0.5\n44,1,\n")
    assert [one.fee for one in some] == [Decimal("0.5"), Decimal(0)]


def test_a_destination_has_a_hundred_characters() -> None:
    assert only(f"Prefix,Destination,Rate\n880,{'x' * 100},1\n").destination == "x" * 100


def test_how_decimals_are_written_may_be_said() -> None:
    text = "Prefix;Rate\n880;1,204\n"
    assert only(text, decimal="comma").price == Decimal("1.204")
    assert only(text, decimal="point").price == Decimal(1204)


def test_a_deck_that_writes_decimals_in_two_ways_is_doubtful() -> None:
    some = entries("Prefix;Rate\n880;0.05\n91;0,05\n44;1,204\n")
    assert [one.problem[:20] for one in some] == ["", "", "Rate: Do you mean 12"]


# --- How long a deck may be


def test_a_deck_has_so_many_rows_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deck_reading, "MOST_ROWS", 2)
    assert len(entries("Prefix,Rate\n880,1\n44,1\n")) == 2
    with pytest.raises(BadSheet) as refused:
        said("Prefix,Rate\n880,1\n44,1\n91,1\n")
    assert refused.value.code == "too_many_rows"


def test_and_so_many_prefixes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deck_reading, "MOST_PREFIXES", 3)
    assert len(entries("Prefix,Rate\n44000-44002,1\n")) == 3
    with pytest.raises(BadSheet) as refused:
        said("Prefix,Rate\n44000-44003,1\n")
    assert refused.value.code == "too_many_rows"

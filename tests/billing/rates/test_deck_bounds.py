"""What a deck makes of the rates that stand, at the very bounds of its dates (docs/domain.md 7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from billing.rates.models import DeckRow, Rate
from billing.wallets.models import RateGroup
from tests.factories.decks import deck, entered_deck, looked_at, problems, rows
from tests.factories.rates import LONG_AGO, rate, rate_group

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
NEXT, FEBRUARY = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
DATED = "Prefix,Rate,Effective,Until\n"


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def group() -> RateGroup:
    return rate_group(name="Wholesale")


def standing(group: RateGroup) -> list[tuple[str, str, datetime, datetime | None]]:
    found = (
        Rate.objects.standing().filter(group=group).order_by("prefix", "effective_from", "-days")
    )
    return [
        (one.prefix, str(one.price.normalize()), one.effective_from, one.effective_until)
        for one in found
    ]


# --- In a full deck


@pytest.mark.parametrize("lines", ["44,x\n", "44,0.01\n44,0.02\n"])
def test_a_prefix_whose_row_is_refused_is_not_missing(group: RateGroup, lines: str) -> None:
    rate(group, "44", "0.05")
    entered_deck(group, f"Prefix,Rate\n880,0.05\n{lines}", is_full=True)
    assert standing(group) == [("44", "0.05", LONG_AGO, None), ("880", "0.05", NOON, None)]


def test_what_is_missing_never_ends_in_the_past(group: RateGroup) -> None:
    rate(group, "44", "0.05")
    entered_deck(group, "Prefix,Rate\n880,0.05\n", is_full=True, effective_at=NOVEMBER)
    assert standing(group) == [("44", "0.05", LONG_AGO, NOON), ("880", "0.05", NOVEMBER, None)]


def test_what_is_missing_ends_when_the_deck_begins(group: RateGroup) -> None:
    rate(group, "44", "0.05")
    rate(group, "45", "0.05", until=NEXT)
    made = entered_deck(group, "Prefix,Rate\n880,0.05\n", is_full=True, effective_at=NEXT)
    assert standing(group) == [
        ("44", "0.05", LONG_AGO, NEXT),
        ("45", "0.05", LONG_AGO, NEXT),
        ("880", "0.05", NEXT, None),
    ]
    # What has ended by then does not end by the deck.
    assert [one[:2] for one in rows(made)] == [("ending", "44"), ("new", "880")]


def test_what_stands_in_it_goes_on(group: RateGroup) -> None:
    """A price that would have ended goes on in a full deck; in one of changes it ends."""
    rate(group, "880", "0.05", until=NEXT)
    assert rows(deck(group, "Prefix,Rate\n880,0.05\n")) == [("unchanged", "880", "0.05")]
    made = entered_deck(group, "Prefix,Rate\n880,0.05\n", is_full=True)
    assert rows(made) == [("changed", "880", "0.05")]
    assert standing(group) == [("880", "0.05", LONG_AGO, NEXT), ("880", "0.05", NEXT, None)]


# --- Beginnings


def test_a_row_may_begin_in_this_very_moment(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    entered_deck(group, f"{DATED}880,0.06,2026-12-01 12:00,\n")
    assert standing(group) == [("880", "0.05", LONG_AGO, NOON), ("880", "0.06", NOON, None)]


def test_the_same_price_from_before_it_began_is_no_change(group: RateGroup) -> None:
    rate(group, "880", "0.05", since=NOVEMBER + timedelta(days=9))
    assert rows(deck(group, f"{DATED}880,0.05,2026-11-01,\n")) == [("unchanged", "880", "0.05")]


def test_a_past_that_had_a_price_is_not_written_anew(group: RateGroup) -> None:
    rate(group, "880", "0.05", until=NOVEMBER + timedelta(days=9))
    assert problems(deck(group, f"{DATED}880,0.06,2026-11-01,\n")) == [
        (2, "880 has a price since 2020-01-01 00:00; choose a beginning from now on.")
    ]


def test_a_past_without_one_is(group: RateGroup) -> None:
    """One ended in the moment in which the row begins, another one has yet to come."""
    rate(group, "880", "0.05", until=NOVEMBER)
    rate(group, "880", "0.09", since=NEXT)
    lines = "880,0.06,2026-11-01,2027-01-01\n44,0.01,2026-10-01,\n"
    entered_deck(group, f"{DATED}{lines}")
    assert standing(group)[2] == ("880", "0.06", NOVEMBER, NEXT)


# --- Ends


@pytest.mark.parametrize("until", ["2026-12-01 12:00", "2026-11-30"])
def test_a_row_that_has_ended_by_now_is_refused(group: RateGroup, until: str) -> None:
    made = deck(group, f"{DATED}880,0.06,2026-11-01,{until}\n")
    assert problems(made) == [(2, "It ended before now.")]


def test_unless_it_says_what_was(group: RateGroup) -> None:
    rate(group, "880", "0.06", since=NOVEMBER, until=NOON)
    made = deck(group, f"{DATED}880,0.06,2026-11-01,2026-12-01 12:00\n")
    assert rows(made) == [("unchanged", "880", "0.06")]


def test_the_same_price_ends_earlier_later_or_as_it_would(group: RateGroup) -> None:
    for prefix in ("1", "2", "3"):
        rate(group, prefix, "0.05", until=NEXT)
    made = entered_deck(
        group, f"{DATED}1,0.05,,2026-12-24\n2,0.05,,2027-01-01\n3,0.05,,2027-02-01\n"
    )
    assert [one[:2] for one in rows(made)] == [
        ("ending", "1"), ("unchanged", "2"), ("changed", "3"),
    ]  # fmt: skip
    assert standing(group) == [
        ("1", "0.05", LONG_AGO, datetime(2026, 12, 24, tzinfo=UTC)),
        ("2", "0.05", LONG_AGO, NEXT),
        ("3", "0.05", LONG_AGO, NEXT),
        ("3", "0.05", NEXT, FEBRUARY),
    ]


def test_an_end_of_its_own_stays_though_a_later_row_follows(group: RateGroup) -> None:
    entered_deck(group, f"{DATED}880,0.06,2027-01-01,2027-01-15\n880,0.07,2027-02-01,\n")
    assert standing(group) == [
        ("880", "0.06", NEXT, datetime(2027, 1, 15, tzinfo=UTC)),
        ("880", "0.07", FEBRUARY, None),
    ]


def test_a_row_lasts_until_the_next_one_of_the_same_hours(group: RateGroup) -> None:
    head = "Prefix,Rate,Effective,Period\n"
    lines = "880,0.05,2027-01-01,mon 08:00-09:00\n880,0.06,2027-02-01,mon 08:00-09:00\n"
    entered_deck(group, f"{head}{lines}880,0.04,2027-01-01,\n")
    assert standing(group) == [
        ("880", "0.05", NEXT, FEBRUARY),
        ("880", "0.04", NEXT, None),
        ("880", "0.06", FEBRUARY, None),
    ]


def test_what_has_ended_by_then_cannot_be_deleted(group: RateGroup) -> None:
    rate(group, "880", "0.05", until=NEXT)
    made = deck(group, "Prefix,Rate,Status,Effective\n880,,Deleted,2027-01-01\n")
    assert problems(made) == [(2, "880 has no rate that could end.")]


# --- What is a change


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Prefix,Rate,Destination\n880,0.05,Bangladesh\n", "unchanged"),
        ("Prefix,Rate,Destination\n880,0.05,BD\n", "changed"),
        ("Prefix,Rate,Locked\n880,0.05,no\n", "unchanged"),
        ("Prefix,Rate,Locked\n880,0.05,yes\n", "changed"),
        ("Prefix,Rate,Setup fee\n880,0.05,0.01\n", "changed"),
        ("Prefix,Rate,Interval\n880,0.05,60/60\n", "unchanged"),
        ("Prefix,Rate,Interval\n880,0.05,60/1\n", "changed"),
    ],
)
def test_another_price_is_not_the_only_change(group: RateGroup, text: str, becomes: str) -> None:
    rate(group, "880", "0.05", destination="Bangladesh")
    assert rows(deck(group, text)) == [(becomes, "880", "0.05")]


def test_what_cost_nothing_before_is_the_biggest_change(group: RateGroup) -> None:
    rate(group, "880", "0")
    rate(group, "44", "0.001")
    rate(group, "91", "0")
    made = deck(group, "Prefix,Rate,Locked\n880,0.01,\n44,50,\n91,0,yes\n")
    biggest = DeckRow.objects.filter(deck=made).order_by("-change").values_list("prefix", "change")
    assert list(biggest) == [("880", 10**15), ("44", 49_999_000_000), ("91", 0)]


def test_a_hundred_rows_of_a_prefix_are_looked_at_one_by_one(group: RateGroup) -> None:
    made = deck(group, "Prefix,Rate\n" + "880,0.05\n" * 100)
    assert problems(made)[0] == (2, "880: lines 3, 4, 5, 6, 7 could apply at the same time.")


# --- How it was read


def test_looking_again_leaves_no_row_twice(group: RateGroup) -> None:
    made = looked_at(deck(group, "Prefix,Rate\n880,0.05\n"))
    assert rows(made) == [("new", "880", "0.05")]


def test_what_had_to_be_asked_was_not_compared(group: RateGroup) -> None:
    made = deck(group, "Prefix,Rate,Effective\n880,0.05,01/02/2027\n")
    assert made.counts == {"rows": 1, "left_out": 0, "unreadable": 0}
    assert rows(made) == []


def test_a_hundred_lines_that_say_something_else_are_named(group: RateGroup) -> None:
    lines = "".join(f"Note {at},\n" for at in range(101))
    made = deck(group, f"Prefix,Rate\n880,0.05\n{lines}")
    assert (made.counts["left_out"], len(made.layout["remarks"])) == (101, 100)
    assert list(made.layout["remarks"][0]) == [3, "Note 0"]

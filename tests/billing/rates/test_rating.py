"""Which rate applies: by hand at the edges, and by chance against the rule as it is written, for
one number at a time and for many at once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rates import rating
from billing.rates.periods import Period, read_period
from billing.rates.pricing import Price
from billing.rates.rating import UNRATED, Matcher, Rate, applying, prefixes_of
from tests.support.examples import examples
from tests.support.naive_rates import naive

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LONDON, DHAKA = ZoneInfo("Europe/London"), ZoneInfo("Asia/Dhaka")
TICK = timedelta(microseconds=1)


def rate(
    key: str,
    prefix: str,
    *,
    since: datetime = LONG_AGO,
    until: datetime | None = None,
    period: str = "",
    is_locked: bool = False,
) -> Rate:
    return Rate(key, prefix, Price(Decimal(1)), since, until, read_period(period), is_locked)


def matched(
    rates: Sequence[Rate], numbers: Sequence[str], moments: Sequence[datetime], zone: ZoneInfo
) -> list[int]:
    """The places of the rates of many numbers, by the few intervals of a small group, which have to
    agree with the table of cells that a large one has.
    """
    found: list[int] = Matcher(rates, zone).match(numbers, moments).tolist()
    with mock.patch.object(rating, "_FEW", 0):
        assert Matcher(rates, zone).match(numbers, moments).tolist() == found
    return found


def found(
    rates: Sequence[Rate], number: str, at: datetime = LONG_AGO, zone: ZoneInfo = LONDON
) -> str | None:
    """The key of the rate that applies, which asking for many has to agree on."""
    one = applying(rates, number, at, zone)
    (place,) = matched(rates, [number], [at], zone)
    assert (rates[place] if place != UNRATED else None) == one
    return one.key if one else None


# --- Prefixes -------------------------------------------------------------------------------------

NESTED = [rate("bd", "880"), rate("mobile", "8801"), rate("robi", "88018"), rate("one", "1")]


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("8801819442207", "robi"),
        ("8801719442207", "mobile"),
        ("8802719442207", "bd"),
        # As long as the prefix, shorter than the longest, and as short as can be.
        ("88018", "robi"),
        ("8801", "mobile"),
        ("88", None),
        ("1", "one"),
        ("447911123456", None),
        ("880181944220712", "robi"),
    ],
)
def test_the_longest_prefix_wins(number: str, key: str | None) -> None:
    assert found(NESTED, number) == key


def test_a_prefix_may_be_a_whole_number() -> None:
    rates = [rate("all", "8"), rate("this", "880181944220712")]
    assert found(rates, "880181944220712") == "this"
    assert found(rates, "880181944220713") == "all"


def test_a_number_begins_with_so_many_prefixes() -> None:
    assert prefixes_of("880") == ["880", "88", "8"]
    assert [len(one) for one in prefixes_of("9" * 16)] == list(range(15, 0, -1))


def test_zeros_at_the_end_make_another_prefix() -> None:
    rates = [rate("short", "8"), rate("zero", "80"), rate("zeros", "800")]
    assert [found(rates, number) for number in ("8", "80", "800", "8000", "81")] == [
        "short", "zero", "zeros", "zeros", "short",
    ]  # fmt: skip


def test_no_rates_rate_nothing() -> None:
    assert found([], "880") is None


@pytest.mark.parametrize("text", ["", "1234567890123456", "88a", "+880", "٨٨٠", "88\x000"])
def test_what_is_no_number_is_unrated(text: str) -> None:
    rates = [rate("all", str(digit)) for digit in range(10)]
    assert matched(rates, [text, "880"], [LONG_AGO, LONG_AGO], LONDON) == [UNRATED, 8]


# --- Dates ----------------------------------------------------------------------------------------

CHANGE = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)


def test_a_change_counts_from_its_very_moment_on() -> None:
    rates = [rate("old", "880", until=CHANGE), rate("new", "880", since=CHANGE)]
    assert [found(rates, "8801", CHANGE + one) for one in (-TICK, 0 * TICK, TICK)] == [
        "old", "new", "new",
    ]  # fmt: skip


def test_between_two_rates_the_shorter_prefix_counts() -> None:
    end = CHANGE + timedelta(days=1)
    rates = [
        rate("short", "88"),
        rate("old", "880", until=CHANGE),
        rate("new", "880", since=end),
    ]
    moments = [CHANGE - TICK, CHANGE, end - TICK, end]
    assert [found(rates, "8801", one) for one in moments] == ["old", "short", "short", "new"]


def test_before_the_first_and_after_the_last_it_is_unrated() -> None:
    end = CHANGE + timedelta(days=1)
    rates = [rate("only", "880", since=CHANGE, until=end)]
    moments = [CHANGE - TICK, CHANGE, end - TICK, end]
    assert [found(rates, "8801", one) for one in moments] == [None, "only", "only", None]


# --- Periods --------------------------------------------------------------------------------------


def test_a_rate_with_a_period_goes_before_the_one_without() -> None:
    rates = [rate("day", "880"), rate("night", "880", period="mon-sun 22:00-06:00")]
    # Dhaka is six hours ahead: 22:00 there is 16:00 UTC.
    night = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
    moments = [night - TICK, night, night + timedelta(hours=8) - TICK, night + timedelta(hours=8)]
    assert [found(rates, "8801", one, DHAKA) for one in moments] == [
        "day", "night", "night", "day",
    ]  # fmt: skip


def test_a_rate_with_a_period_counts_between_its_very_moments() -> None:
    end = CHANGE + timedelta(days=1)
    always = rate("period", "880", since=CHANGE, until=end, period="mon-sun 00:00-24:00")
    moments = [CHANGE - TICK, CHANGE, end - TICK, end]
    assert [found([rate("plain", "880"), always], "8801", one) for one in moments] == [
        "plain", "period", "period", "plain",
    ]  # fmt: skip


def test_a_period_that_does_not_cover_the_moment_leaves_it_to_the_shorter_prefix() -> None:
    rates = [rate("short", "88"), rate("night", "880", period="mon-sun 22:00-06:00")]
    assert found(rates, "8801", datetime(2026, 11, 2, 12, 0, tzinfo=UTC), DHAKA) == "short"
    assert found(rates, "8801", datetime(2026, 11, 2, 18, 0, tzinfo=UTC), DHAKA) == "night"


def test_a_period_of_a_shorter_prefix_stands_behind_a_longer_one_without() -> None:
    rates = [rate("long", "880"), rate("night", "88", period="mon-sun 00:00-24:00")]
    assert found(rates, "8801") == "long"


@pytest.mark.parametrize(
    ("at", "key"),
    [
        # Clocks of London go forward on 29 March 2026 at 1:00 UTC: 0:59 is followed by 2:00.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "all"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "two"),
        (datetime(2026, 3, 29, 1, 59, tzinfo=UTC), "two"),
        (datetime(2026, 3, 29, 2, 0, tzinfo=UTC), "all"),
        # They go back on 25 October at 1:00 UTC: from 1:59 to 1:00, and 2:00 is an hour later.
        (datetime(2026, 10, 25, 0, 59, tzinfo=UTC), "all"),
        (datetime(2026, 10, 25, 1, 59, tzinfo=UTC), "all"),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "two"),
        (datetime(2026, 10, 25, 2, 59, tzinfo=UTC), "two"),
        (datetime(2026, 10, 25, 3, 0, tzinfo=UTC), "all"),
    ],
)
def test_a_period_is_read_from_the_wall_when_clocks_change(at: datetime, key: str) -> None:
    rates = [rate("all", "880"), rate("two", "880", period="sun 02:00-03:00")]
    assert found(rates, "8801", at) == key


def test_an_hour_that_clocks_show_twice_is_covered_twice() -> None:
    rates = [rate("all", "880"), rate("one", "880", period="sun 01:00-02:00")]
    begin = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    moments = [begin - TICK, begin, begin + timedelta(hours=2) - TICK, begin + timedelta(hours=2)]
    assert [found(rates, "8801", one) for one in moments] == ["all", "one", "one", "all"]


def test_an_hour_that_clocks_leave_out_is_never_covered() -> None:
    rates = [rate("all", "880"), rate("one", "880", period="sun 01:00-02:00")]
    minutes = [datetime(2026, 3, 29, 0, 0, tzinfo=UTC) + timedelta(minutes=at) for at in range(180)]
    assert {naive(rates, "8801", one, LONDON) for one in minutes} == {rates[0]}
    assert set(matched(rates, ["8801"] * 180, minutes, LONDON)) == {0}


def test_moments_of_a_century_are_read_from_the_wall_of_each() -> None:
    rates = [rate("all", "880", since=datetime.min.replace(tzinfo=UTC))]
    rates.append(rate("noon", "880", period="mon-sun 12:00-13:00", since=rates[0].since))
    # For half of 2009 Dhaka's clocks were an hour ahead.
    moments = [datetime(year, 7, 1, 6, tzinfo=UTC) for year in range(1990, 2090)]
    moments += [datetime(1, 1, 3, 6, tzinfo=UTC), datetime(9999, 12, 29, 6, tzinfo=UTC)]
    expected = [naive(rates, "8801", one, DHAKA) for one in moments]
    places = matched(rates, ["8801"] * len(moments), moments, DHAKA)
    assert [rates[place] for place in places] == expected
    assert {one.key for one in expected if one} == {"all", "noon"}


# --- Locks and collisions -------------------------------------------------------------------------


def test_a_lock_stands_in_its_place_like_a_price() -> None:
    """A locked rate is not passed over: the shorter one would sell what may not be called."""
    rates = [rate("open", "88"), rate("locked", "880", is_locked=True)]
    assert found(rates, "8801") == "locked"


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        (rate("a", "880"), rate("b", "880"), True),
        (rate("a", "880"), rate("b", "8801"), False),
        (rate("a", "880", until=CHANGE), rate("b", "880", since=CHANGE), False),
        (rate("a", "880", until=CHANGE + TICK), rate("b", "880", since=CHANGE), True),
        (rate("a", "880"), rate("b", "880", period="mon 08:00-09:00"), False),
        (
            rate("a", "880", period="mon 08:00-09:00"),
            rate("b", "880", period="mon 09:00-10:00"),
            False,
        ),
        (
            rate("a", "880", period="mon 22:00-06:00"),
            rate("b", "880", period="tue 05:59-07:00"),
            True,
        ),
    ],
)
def test_two_rates_collide_where_both_could_apply(one: Rate, other: Rate, collide: bool) -> None:
    assert (one.collides(other), other.collides(one)) == (collide, collide)


# --- By chance ------------------------------------------------------------------------------------

# Few digits, so that prefixes nest and numbers meet them.
digits = st.sampled_from("08")
ZONES = [LONDON, DHAKA, ZoneInfo("America/St_Johns"), ZoneInfo("UTC")]
# No two of them cover one minute.
PERIODS = ["", "mon-fri 22:00-06:00", "mon-fri 08:00-20:00", "sat 08:00-20:00", "sun 01:00-02:00"]
# Around what matters: clocks that change, midnights, ends of the week.
TURNS = [
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 2, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 5, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
    datetime(2026, 10, 31, 18, 0, tzinfo=UTC),
    datetime(2026, 11, 2, 0, 0, tzinfo=UTC),
    datetime(2026, 11, 6, 16, 0, tzinfo=UTC),
    datetime(2026, 11, 7, 2, 0, tzinfo=UTC),
]
near = st.builds(
    lambda turn, minutes, ticks: turn + timedelta(minutes=minutes) + ticks * TICK,
    st.sampled_from(TURNS),
    st.sampled_from([0, 0, -1, 1, 59, 60, -60, 360, 1440, -5000]),
    st.sampled_from([0, 0, -1, 1]),
)


@st.composite
def decks(draw: st.DrawFn) -> list[Rate]:
    """Nested prefixes, each with rates one after the other, for each of its periods and for the
    rest of the time; some are locked, and between some nothing is in effect.
    """
    rates: list[Rate] = []
    for prefix in draw(st.sets(st.text(digits, min_size=1, max_size=5), max_size=8)):
        for text in draw(st.sets(st.sampled_from(PERIODS), min_size=1, max_size=3)):
            cuts = sorted(draw(st.sets(near, min_size=1, max_size=4)))
            ends = [*cuts[1:], None if draw(st.booleans()) else cuts[-1] + timedelta(days=3)]
            kept = draw(st.lists(st.booleans(), min_size=len(cuts), max_size=len(cuts)))
            rates += [
                rate(
                    str(len(rates) + at),
                    prefix,
                    since=since,
                    until=until,
                    period=text,
                    is_locked=draw(st.booleans()),
                )
                for at, (since, until, is_kept) in enumerate(zip(cuts, ends, kept, strict=True))
                if is_kept
            ]
    return draw(st.permutations(rates))


questions = st.lists(
    st.tuples(st.text(digits, min_size=1, max_size=15), near), min_size=1, max_size=40
)


@given(decks(), questions, st.sampled_from(ZONES))
def test_one_number_is_rated_as_the_rule_says(
    rates: list[Rate], asked: list[tuple[str, datetime]], zone: ZoneInfo
) -> None:
    assert [applying(rates, number, at, zone) for number, at in asked] == [
        naive(rates, number, at, zone) for number, at in asked
    ]


# A matcher is made for millions of numbers and takes its time to be made: fewer decks, each with
# many questions.
@pytest.mark.wide
@examples(60)
@given(decks(), questions, st.sampled_from(ZONES))
def test_many_numbers_are_rated_as_the_rule_says(
    rates: list[Rate], asked: list[tuple[str, datetime]], zone: ZoneInfo
) -> None:
    numbers, moments = [one for one, _at in asked], [at for _one, at in asked]
    places = matched(rates, numbers, moments, zone)
    assert [rates[place] if place != UNRATED else None for place in places] == [
        naive(rates, number, at, zone) for number, at in asked
    ]


@examples(40)
@given(decks(), st.sampled_from(ZONES))
def test_the_very_instant_of_every_change_is_rated_as_the_rule_says(
    rates: list[Rate], zone: ZoneInfo
) -> None:
    changes = [at for one in rates for at in (one.since, one.until) if at is not None]
    asked = [
        (one.prefix + "0", at + step)
        for one in rates
        for at in changes
        for step in (-TICK, 0 * TICK, TICK)
    ]
    numbers, moments = [one for one, _at in asked], [at for _one, at in asked]
    places = matched(rates, numbers, moments, zone)
    assert [rates[place] if place != UNRATED else None for place in places] == [
        naive(rates, number, at, zone) for number, at in asked
    ]


@pytest.mark.wide
@examples(50)
@given(decks())
def test_the_decks_that_are_drawn_never_collide(rates: list[Rate]) -> None:
    assert not any(one.collides(other) for at, one in enumerate(rates) for other in rates[at + 1 :])


def test_the_periods_that_are_drawn_never_meet() -> None:
    read = [one for one in map(read_period, PERIODS) if isinstance(one, Period)]
    assert len(read) == len(PERIODS) - 1
    assert not any(one.meets(other) for at, one in enumerate(read) for other in read[at + 1 :])

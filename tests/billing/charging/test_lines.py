"""Lines of legs, gathered in columns: no database."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.charging.lines import Gathering, Lines, Place
from billing.charging.tariffs import Priced, Terms
from billing.charging.totals import Totals, quarter_of
from billing.rates.pricing import Price
from billing.rates.rating import Rate

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
RATE = Rate(1, "880", Price(Decimal(1), Decimal(0)), AT, destination="Somewhere")
TERMS = Terms(5, RATE, 1_000_000, 0)
SHOP, FORMER, NOW = 3, 1, 2


def moved() -> Lines:
    """Two legs of an account that moved from one root to another between them, and back the last
    leg, which cost nothing.
    """
    lines = Gathering()
    places = [
        [
            lines.number(Place(SHOP, root, root, 0, counted_for=root, zone=ZONE)),
            lines.number(Place(root, None, root, 1, zone=ZONE)),
        ]
        for root in (FORMER, NOW)
    ]
    lines.add(8, AT, AT, places[1], [Priced(TERMS, 60, 40), Priced(TERMS, 60, 30)],
              is_answered=True, seconds=59)  # fmt: skip
    lines.add(7, AT, AT, places[0], [Priced(TERMS, 60, 20), Priced(TERMS, 60, 10)],
              is_answered=True, seconds=58)  # fmt: skip
    lines.add(9, AT, AT, places[1], [None, None])
    return lines.lines()


def test_what_an_account_pays_is_one_sum_wherever_it_stood() -> None:
    assert moved().sums == {(SHOP, False): 60, (FORMER, False): 10, (NOW, False): 30}


def test_its_totals_name_the_root_that_it_had_last() -> None:
    totals = Totals()
    moved().counted(totals)
    assert totals.roots == {SHOP: NOW, FORMER: FORMER, NOW: NOW}


def test_each_level_counts_with_what_the_one_above_it_pays() -> None:
    totals = Totals()
    moved().counted(totals)
    found = totals.by_quarter()
    assert set(found.about["quarter"].tolist()) == {quarter_of(AT)}
    rows = zip(
        found.about["account_id"].tolist(), found.about["agent_id"].tolist(), found.sums.tolist(),
        strict=True,
    )  # fmt: skip
    assert list(rows) == [
        (FORMER, 0, [1, 1, 58, 60, 10, 0]),
        (NOW, 0, [2, 1, 59, 60, 30, 0]),
        (SHOP, FORMER, [1, 1, 58, 60, 20, 10]),
        (SHOP, NOW, [2, 1, 59, 60, 40, 30]),
    ]


def test_nothing_gathered_comes_to_nothing() -> None:
    lines, totals = Gathering().lines(), Totals()
    lines.counted(totals)
    assert (lines.sums, lines.locked, len(totals.by_day().sums)) == ({}, set(), 0)

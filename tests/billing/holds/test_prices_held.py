"""At which prices money is held, and for how many seconds it is enough (docs/domain.md 7)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.holds.models import Hold
from billing.holds.pricing import Room, first_block, held_for, most_seconds, price_at
from tests.factories.rates import LONG_AGO, rate
from tests.support.switching import asked
from tests.vosportal.switch.conftest import Switched

# A Monday.
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
# Six cents a minute, by minutes; from the tenth second on sixty, by six seconds after thirty.
CHEAP, DEAR = [0, 1, 60_000, 0, 60, 60], [10_000_000, 2, 600_000, 0, 30, 6]


def test_the_dearest_price_is_held() -> None:
    assert held_for([CHEAP, DEAR], 60) == held_for([DEAR, CHEAP], 60) == 600_000
    assert held_for([], 60) == 0


def test_the_longest_first_block_is_granted() -> None:
    assert first_block([CHEAP, DEAR]) == first_block([DEAR, CHEAP]) == 60
    assert first_block([DEAR]) == 30
    assert first_block([]) == 1


def test_the_price_of_the_answer_counts() -> None:
    second, micro = timedelta(seconds=1), timedelta(microseconds=1)
    assert price_at([CHEAP, DEAR], 10 * second - micro) == CHEAP
    assert price_at([CHEAP, DEAR], 10 * second) == DEAR
    # A clock that is wrong: no price counts before the first.
    assert price_at([DEAR], 9 * second) == DEAR


@pytest.mark.parametrize("more", range(28, 34))
def test_as_many_seconds_as_every_level_can_hold(more: int) -> None:
    """By the second, at 0.001 each: a minute is held, and so much is left."""
    price = [[0, 1, 60_000, 0, 1, 1]]
    short, endless = Room(price, 60_000, more * 1_000), Room(price, 60_000, None)
    assert most_seconds([endless, short], 60, 120) == 60 + more
    assert most_seconds([endless], 60, 120) == 120


def test_what_is_held_stays_granted_whatever_is_left() -> None:
    room = Room([[0, 1, 60_000, 0, 1, 1]], 60_000, -5_000)
    assert room.carries(60)
    assert not room.carries(61)
    assert most_seconds([room], 60, 50) == 60


@pytest.mark.django_db
class TestWhileItRings:
    """For two minutes from noon on."""

    @pytest.fixture(autouse=True)
    def _noon(self, time_machine: Any) -> None:
        time_machine.move_to(NOON, tick=False)

    @pytest.mark.parametrize(("seconds", "held"), [(120, "0.60"), (121, "0.06")])
    def test_a_price_that_begins_until_the_end_of_it_is_held(
        self, switched: Switched, seconds: int, held: str
    ) -> None:
        begins = NOON + timedelta(seconds=seconds)
        rate(switched.groups.customer, "8801", "0.60", since=begins)
        asked()
        assert switched.held()[0] == Decimal(held)

    @pytest.mark.parametrize(
        ("hours", "held"),
        [("12:02-13:00", "0.60"), ("12:03-13:00", "0.06"), ("11:00-12:01", "0.60")],
    )
    def test_so_is_one_of_some_hours(self, switched: Switched, hours: str, held: str) -> None:
        rate(switched.groups.customer, "8801", "0.60", period=f"mon-sun {hours}")
        asked()
        assert switched.held()[0] == Decimal(held)

    def test_a_price_that_ends_without_another_goes_on(self, switched: Switched) -> None:
        ends = NOON + timedelta(seconds=30)
        rate(switched.groups.customer, "44", "0.05", since=LONG_AGO, until=ends)
        for group in (switched.groups.agent, switched.groups.top):
            rate(group, "44", "0.01")
        switched.route.prefixes = ["44"]
        switched.route.save(update_fields=["prefixes"])
        assert asked(callee="442071838750")["allowed"] is True
        assert switched.held()[0] == Decimal("0.05")
        (price,) = Hold.objects.get(level=0).prices
        assert price[2] == 50_000

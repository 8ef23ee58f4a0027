"""Running totals as they are written, whatever their keys say."""

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.charging.models import DayTotal, GatewayTotal, QuarterTotal
from billing.charging.services.adding import totals_added
from billing.charging.totals import Totals, begin_of
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged
from tests.factories.rates import rate
from tests.factories.trees import ResellerTree

pytestmark = pytest.mark.django_db

ODD = 'A "quoted", {braced} \\ destination é NULL'


def test_a_destination_is_kept_as_it_is_written(tree: ResellerTree, groups: Groups) -> None:
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "4420", "0.06", destination=ODD)
    charged(*(cdr(str(at), account="Customer-001", callee="442071838750") for at in range(2)))
    found = DayTotal.objects.filter(is_own=True)
    assert [(one.destination, one.legs) for one in found] == [(ODD, 2)]


def test_totals_are_added_to_those_before() -> None:
    def added(sums: Sequence[int], cause: str = "") -> None:
        totals = Totals()
        totals.gateways["elbe", 2_000_000, cause] = [*sums, 7]
        totals_added(totals)

    added((2, 1, 60, 60, 1_500_000))
    added((1, 0, -60, 0, -500_000))
    added((1, 0, 0, 0, 0), 'x\\","y')
    found = GatewayTotal.objects.order_by("cause").values_list(
        "cause", "quarter", "legs", "answered", "seconds", "billed", "sold"
    )
    assert list(found) == [
        ("", begin_of(2_000_000), 3, 1, 0, 60, Decimal("0.000014")),
        ('x\\","y', begin_of(2_000_000), 1, 0, 0, 0, Decimal("0.000007")),
    ]


def test_in_one_batch_some_are_new_and_some_are_added_to() -> None:
    def batch(first: int, last: int) -> Totals:
        totals = Totals()
        for at in range(first, last):
            totals.gateways[f"g{at:05d}", 2_000_000, ""] = [1, 1, at, 0, at, 0]
        return totals

    # More than go into one statement, and in both some of either.
    totals_added(batch(5_000, 11_000))
    totals_added(batch(0, 12_000))
    found = list(GatewayTotal.objects.order_by("gateway").values_list("legs", "seconds", "amount"))
    expected = [(1, at, Decimal(at).scaleb(-6)) for at in range(5_000)]
    expected += [(2, 2 * at, Decimal(2 * at).scaleb(-6)) for at in range(5_000, 11_000)]
    expected += [(1, at, Decimal(at).scaleb(-6)) for at in range(11_000, 12_000)]
    assert found == expected


def test_days_of_one_account_are_told_apart_by_all_they_are_about() -> None:
    utc, first = ZoneInfo("UTC"), 2_000_000
    own, below, cost = (0, True, False), (0, False, False), (0, True, True)
    about = [
        (7, first, own, "A"), (7, first, own, "B"), (7, first, below, "A"), (7, first, cost, "A"),
        (7, first, (9, True, False), "A"), (7, first + 96, own, "A"), (8, first, own, "A"),
    ]  # fmt: skip
    for _time in range(2):
        totals = Totals()
        for number, (account, quarter, whose, destination) in enumerate(about, 1):
            totals.count(account, 3, utc, quarter, whose, destination, (1, 1, number, 0, 0, number))
        totals_added(totals)
        # Only the first of them the next time.
        about = about[:1]
    days = DayTotal.objects.order_by("pk").values_list(
        "account_id", "day", "agent_id", "is_own", "is_cost", "destination", "root_id", "seconds",
        "bought",
    )  # fmt: skip
    day, next_day = begin_of(first).date(), begin_of(first + 96).date()
    expected = {
        (7, day, 0, True, False, "A", 3, 2, Decimal("0.000002")),
        (7, day, 0, True, False, "B", 3, 2, Decimal("0.000002")),
        (7, day, 0, False, False, "A", 3, 3, Decimal("0.000003")),
        (7, day, 0, True, True, "A", 3, 4, Decimal("0.000004")),
        (7, day, 9, True, False, "A", 3, 5, Decimal("0.000005")),
        (7, next_day, 0, True, False, "A", 3, 6, Decimal("0.000006")),
        (8, day, 0, True, False, "A", 3, 7, Decimal("0.000007")),
    }
    assert set(days) == expected
    assert len(days) == len(expected)
    quarters = QuarterTotal.objects.filter(account_id=7, quarter=begin_of(first))
    seconds = quarters.order_by("seconds").values_list("agent_id", "is_own", "is_cost", "seconds")
    assert list(seconds) == [
        (0, False, False, 3), (0, True, False, 4), (0, True, True, 4), (9, True, False, 5),
    ]  # fmt: skip

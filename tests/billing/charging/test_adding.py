"""Running totals as they are written, whatever their keys say."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from billing.charging.models import DayTotal, GatewayTotal
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

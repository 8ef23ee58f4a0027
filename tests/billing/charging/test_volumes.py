"""Volume tiers: a discount on the month's charges, credited once, corrected later (docs/domain.md
7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from billing.charging.models import VolumeCredit
from billing.charging.queries.integrity import calls_found
from billing.charging.services.volumes import months_closed
from billing.charging.volumes import discount_of, earned
from billing.ledger.queries.integrity import ledger_found
from billing.rates.services.groups import tiers_set
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged
from tests.factories.trees import ResellerTree

# 10 minutes: 5 %, 20 minutes: 10 %.
TIERS = [(10, 500), (20, 1000)]
MARCH = datetime(2027, 3, 15, 12, tzinfo=UTC)
APRIL = datetime(2027, 4, 1, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "discount"),
    [(0, 0), (599, 0), (600, 500), (1199, 500), (1200, 1000), (999_999, 1000)],
)
def test_the_largest_tier_that_is_reached_counts(seconds: int, discount: int) -> None:
    assert discount_of(TIERS, seconds) == discount


@pytest.mark.parametrize(("charges", "credit"), [(0, 0), (10, 1), (9, 0), (1_000_000, 50_000)])
def test_it_is_rounded_half_up_at_the_last_digit(charges: int, credit: int) -> None:
    assert earned(charges, 500) == credit


@pytest.mark.django_db
class TestMonths:
    @pytest.fixture(autouse=True)
    def _tiers(self, tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
        """The customer's group has tiers; in March it spoke for 15 minutes at 6 cents."""
        time_machine.move_to(MARCH)
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=TIERS)
        charged(cdr("a", account="Customer-001", at=MARCH - timedelta(days=1), seconds=900))

    @staticmethod
    def balance(tree: ResellerTree) -> Decimal:
        return Wallet.objects.get(account=tree.customer).balance

    def test_a_month_that_goes_on_earns_nothing_yet(self, tree: ResellerTree) -> None:
        months_closed()
        assert not VolumeCredit.objects.exists()

    def test_when_it_has_ended_the_discount_is_credited_once(
        self, tree: ResellerTree, time_machine: Any
    ) -> None:
        months_closed()
        time_machine.move_to(APRIL)
        assert months_closed() == "1 volume discounts"
        assert months_closed() == "0 volume discounts"
        assert self.balance(tree) == Decimal("-0.90") + Decimal("0.045")
        assert Wallet.objects.get(account=tree.agent).balance == Decimal("-0.60")
        assert calls_found().is_sound, calls_found().lines
        assert ledger_found().is_sound

    def test_a_record_that_comes_late_posts_the_difference(
        self, tree: ResellerTree, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        time_machine.move_to(APRIL + timedelta(days=3))
        charged(cdr("late", account="Customer-001", at=MARCH, seconds=300))
        assert months_closed() == "1 volume discounts"
        # 20 minutes are 1.20, and earn 10 %.
        assert self.balance(tree) == Decimal("-1.20") + Decimal("0.12")
        found = VolumeCredit.objects.order_by("revision")
        assert [one.posted for one in found] == [Decimal("0.045"), Decimal("0.075")]

    def test_tiers_of_later_change_no_month_that_was_closed(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=[(1, 5000)])
        charged(cdr("late", account="Customer-001", at=MARCH, seconds=60))
        months_closed()
        assert self.balance(tree) == Decimal("-0.96") + Decimal("0.048")

    def test_the_month_is_one_of_the_groups_zone(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        groups.customer.time_zone = "Asia/Dhaka"
        groups.customer.save(update_fields=["time_zone"])
        time_machine.move_to(datetime(2027, 3, 31, 17, 59, tzinfo=UTC))
        months_closed()
        assert not VolumeCredit.objects.exists()
        time_machine.move_to(datetime(2027, 3, 31, 18, 0, tzinfo=UTC))
        months_closed()
        assert VolumeCredit.objects.count() == 1

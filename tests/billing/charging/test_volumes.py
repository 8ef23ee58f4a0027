"""Volume tiers: a discount on the month's charges, credited once, corrected later (docs/domain.md
7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.core.actor import SYSTEM
from accounts.kit.errors import Refused
from billing.charging.models import VolumeCredit
from billing.charging.queries.integrity import calls_found
from billing.charging.services.volumes import months_closed
from billing.charging.volumes import discount_of, earned
from billing.ledger.models import Entry
from billing.ledger.queries.integrity import ledger_found
from billing.ledger.queries.statements import statement_of
from billing.rates.services.corrections import correction_add
from billing.rates.services.groups import group_change, tiers_set
from billing.wallets.models import RateGroup, Wallet
from billing.wallets.queries import wallets_with_today
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory
from tests.factories.calls import cdr, charged
from tests.factories.gateways import GatewayFactory
from tests.factories.rates import LONG_AGO
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.sabotage import plant

# 10 minutes: 5 %, 20 minutes: 10 %.
TIERS = [(10, 500), (20, 1000)]
MARCH = datetime(2027, 3, 15, 12, tzinfo=UTC)
APRIL = datetime(2027, 4, 1, 0, 0, tzinfo=UTC)
MAY = datetime(2027, 5, 1, tzinfo=UTC)


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

    def test_the_credit_is_none_of_the_consumption_of_its_day(
        self, tree: ResellerTree, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        assert months_closed() == "1 volume discounts"
        assert wallets_with_today(SYSTEM, [tree.customer])[tree.customer.pk].consumed_today == 0
        charged(cdr("b", account="Customer-001", at=APRIL, seconds=60))
        found = wallets_with_today(SYSTEM, [tree.customer])[tree.customer.pk]
        assert found.consumed_today == Decimal("0.06")
        kinds = statement_of(tree.customer, APRIL, APRIL + timedelta(days=1)).movements
        assert [(one.kind, one.net) for one in kinds] == [
            ("call", Decimal("-0.06")), ("volume", Decimal("0.045")),
        ]  # fmt: skip

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

    def test_a_closed_account_is_credited_nothing(
        self, tree: ResellerTree, time_machine: Any
    ) -> None:
        months_closed()
        plant(tree.customer, status="closed")
        time_machine.move_to(APRIL)
        assert months_closed() == "0 volume discounts, 1 of closed accounts not posted"
        assert self.balance(tree) == Decimal("-0.90")
        assert not VolumeCredit.objects.exists()

    def test_tiers_of_later_change_no_month_that_was_closed(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=[(1, 5000)])
        charged(cdr("late", account="Customer-001", at=MARCH, seconds=60))
        months_closed()
        assert self.balance(tree) == Decimal("-0.96") + Decimal("0.048")

    def test_who_is_late_in_a_month_that_was_closed_has_the_tiers_of_its_close(
        self, groups: Groups, time_machine: Any
    ) -> None:
        late = AccountFactory(account_id="Late-1")
        buys_at(late, groups.customer, since=LONG_AGO)
        time_machine.move_to(APRIL)
        months_closed()
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=[(1, 5000)])
        charged(cdr("late", account="Late-1", at=MARCH, seconds=900))
        months_closed()
        # 15 minutes, as the customer had, at 6 cents: 5 %, not 50.
        assert VolumeCredit.objects.get(account_id=late.pk).posted == Decimal("0.045")

    def test_a_month_that_was_closed_is_put_right_when_the_tiers_are_gone(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=[])
        time_machine.move_to(APRIL + timedelta(days=3))
        charged(cdr("late", account="Customer-001", at=MARCH, seconds=300))
        assert months_closed() == "1 volume discounts"
        # 20 minutes are 1.20, and earn 10 % by the tiers of when the month was closed.
        assert self.balance(tree) == Decimal("-1.20") + Decimal("0.12")
        assert calls_found().is_sound, calls_found().lines

    def test_without_tiers_a_month_of_later_earns_nothing(
        self, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=[])
        charged(cdr("b", account="Customer-001", at=APRIL, seconds=1200))
        time_machine.move_to(MAY)
        assert months_closed() == "0 volume discounts"

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

    def test_each_month_has_credits_of_its_own(self, tree: ResellerTree, time_machine: Any) -> None:
        time_machine.move_to(APRIL)
        charged(cdr("b", account="Customer-001", at=APRIL, seconds=600))
        months_closed()
        time_machine.move_to(MAY)
        months_closed()
        charged(cdr("late", account="Customer-001", at=MARCH, seconds=300))
        months_closed()
        found = VolumeCredit.objects.order_by("pk")
        assert [(f"{one.month:%B}", one.revision, one.posted) for one in found] == [
            ("March", 1, Decimal("0.045")),
            # Ten minutes at 6 cents earn 5 %.
            ("April", 1, Decimal("0.03")),
            ("March", 2, Decimal("0.075")),
        ]

    def test_each_group_has_credits_of_its_own(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        """The account bought at another group from the middle of the month on."""
        tiers_set(actor=SYSTEM, group=groups.agent, tiers=TIERS)
        buys_at(tree.customer, groups.agent)
        later = MARCH + timedelta(hours=1)
        time_machine.move_to(later + timedelta(hours=1))
        charged(cdr("b", account="Customer-001", at=later, seconds=600))
        time_machine.move_to(APRIL)
        months_closed()
        charged(cdr("late", account="Customer-001", at=later, seconds=600))
        months_closed()
        found = VolumeCredit.objects.filter(account_id=tree.customer.pk).order_by("pk")
        assert {(one.group_id, one.revision, one.posted) for one in found} == {
            (groups.customer.pk, 1, Decimal("0.045")),
            # 5 % of 0.40, and 10 % of 0.80 after the late one.
            (groups.agent.pk, 1, Decimal("0.02")),
            (groups.agent.pk, 2, Decimal("0.06")),
        }

    def test_what_was_credited_too_much_is_taken_back(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        correction_add(
            actor=SYSTEM, group=groups.customer, prefix="880", begins_at=MARCH - timedelta(days=2),
            ends_at=MARCH, price=Decimal("0.04"), reason="wrong deck",
        )  # fmt: skip
        call_command(
            "rerate", "--from", "2027-03-13T00:00:00Z", "--until", "2027-03-15T12:00:00Z",
            "--reason", "wrong deck", stdout=StringIO(),
        )  # fmt: skip
        assert months_closed() == "1 volume discounts"
        # 5 % of 0.60.
        assert self.balance(tree) == Decimal("-0.60") + Decimal("0.03")
        assert VolumeCredit.objects.latest("pk").posted == Decimal("-0.015")

    def test_what_a_carriers_volume_earns_lowers_what_its_calls_cost(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        carrier = AccountFactory(account_id="Carrier", type="clearing")
        GatewayFactory(account=carrier, name="out", direction="routing")
        tiers_set(actor=SYSTEM, group=groups.top, tiers=[(1, 1000)])
        buys_at(carrier, groups.top, since=LONG_AGO)
        charged(cdr("b", account="Customer-001", at=MARCH, seconds=600, routing_gateway="out"))
        time_machine.move_to(APRIL)
        months_closed()
        credit = VolumeCredit.objects.get(is_cost=True)
        assert (credit.account_id, credit.posted) == (carrier.pk, Decimal("0.03"))
        sides = Entry.objects.filter(transaction=credit.transaction_id, wallet=None)
        assert [(one.house, one.amount) for one in sides] == [("call_cost", Decimal("-0.03"))]


@pytest.mark.django_db
class TestZone:
    @pytest.fixture(autouse=True)
    def _tiers(self, tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
        """Ten minutes on the last evening of March, which in Dhaka is April."""
        time_machine.move_to(APRIL - timedelta(hours=2))
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=TIERS)
        at = APRIL - timedelta(hours=4)
        charged(cdr("a", account="Customer-001", at=at, seconds=600))

    @staticmethod
    def change(group: RateGroup) -> None:
        group_change(
            actor=SYSTEM, group=group, name=group.name, time_zone="Asia/Dhaka",
            is_shared=group.is_shared,
        )  # fmt: skip

    def test_no_call_earns_its_discount_in_two_months(
        self, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        with pytest.raises(Refused) as refused:
            self.change(groups.customer)
        assert (refused.value.code, refused.value.field) == ("has_volumes", "time_zone")
        time_machine.move_to(MAY)
        months_closed()
        # Ten minutes at 6 cents earn 5 %.
        assert VolumeCredit.objects.get().posted == Decimal("0.03")

    def test_it_stays_while_a_month_is_counted(self, groups: Groups) -> None:
        with pytest.raises(Refused) as refused:
            self.change(groups.customer)
        assert refused.value.code == "has_volumes"

    def test_it_stays_for_what_was_posted_without_tiers_as_well(
        self, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=[])
        with pytest.raises(Refused) as refused:
            self.change(groups.customer)
        assert refused.value.code == "has_volumes"

    def test_what_was_posted_for_another_group_keeps_no_zone(
        self, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        assert VolumeCredit.objects.get().group_id == groups.customer.pk
        self.change(groups.agent)
        groups.agent.refresh_from_db()
        assert groups.agent.time_zone == "Asia/Dhaka"

    def test_without_either_it_changes_whatever_others_have(self, groups: Groups) -> None:
        months_closed()
        self.change(groups.agent)
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=[])
        self.change(groups.customer)
        groups.customer.refresh_from_db()
        assert groups.customer.time_zone == "Asia/Dhaka"

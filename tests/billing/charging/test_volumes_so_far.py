"""What a month has earned so far, counted by what is new, and who sees it where (docs/domain.md
7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.charging.models import VolumeMark, VolumeTotal
from billing.charging.queries.integrity import calls_found
from billing.charging.services.volumes import months_closed, volumes_counted
from billing.charging.volumes import next_tier
from billing.rates.services.corrections import correction_add
from billing.rates.services.groups import tiers_set
from billing.wallets.models import RateGroup
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.pages import just_signed_in, words_of
from tests.support.sabotage import miscount

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

# 10 minutes: 5 %, 20 minutes: 10 %.
TIERS = [(10, 500), (20, 1000)]
MARCH = datetime(2027, 3, 15, 12, tzinfo=UTC)
APRIL = datetime(2027, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "following"),
    [(0, (10, 500)), (599, (10, 500)), (600, (20, 1000)), (1199, (20, 1000)), (1200, None)],
)
def test_the_next_tier_is_the_smallest_that_is_not_reached(
    seconds: int, following: tuple[int, int] | None
) -> None:
    assert next_tier(list(reversed(TIERS)), seconds) == following


@pytest.fixture(autouse=True)
def _tiers(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """The customer's group has tiers; in March it spoke for 15 minutes at 6 cents."""
    time_machine.move_to(MARCH)
    tiers_set(actor=SYSTEM, group=groups.customer, tiers=TIERS)
    charged(cdr("a", account="Customer-001", at=MARCH - timedelta(days=1), seconds=900))


def counted() -> list[tuple[str, int, Decimal]]:
    """(month, billed seconds, charges) of everything that is counted."""
    volumes_counted()
    found = VolumeTotal.objects.order_by("month", "account_id")
    return [(f"{one.month:%B}", one.billed, one.charges) for one in found]


def at(group: RateGroup) -> str:
    return reverse("billing:rate-group", args=[group.pk])


def page(viewer: Account, path: str) -> str:
    return words_of(just_signed_in(UserFactory(account=viewer)).get(path))


class TestCounting:
    def test_a_month_is_counted_from_its_beginning_and_then_by_what_is_new(self) -> None:
        assert counted() == [("March", 900, Decimal("0.9"))]
        assert counted() == [("March", 900, Decimal("0.9"))]
        charged(cdr("b", account="Customer-001", at=MARCH - timedelta(hours=1), seconds=60))
        assert counted() == [("March", 960, Decimal("0.96"))]

    def test_groups_without_tiers_are_not_counted_and_later_from_the_months_beginning(
        self, groups: Groups
    ) -> None:
        volumes_counted()
        assert list(VolumeMark.objects.values_list("group_id", flat=True)) == [groups.customer.pk]
        tiers_set(actor=SYSTEM, group=groups.agent, tiers=TIERS)
        volumes_counted()
        assert VolumeTotal.objects.get(group_id=groups.agent.pk).charges == Decimal("0.6")

    def test_the_last_charge_is_counted_once(self, groups: Groups) -> None:
        tiers_set(actor=SYSTEM, group=groups.top, tiers=TIERS)
        for _time in range(2):
            volumes_counted()
            assert VolumeTotal.objects.get(group_id=groups.top.pk).billed == 900

    def test_tiers_that_are_taken_away_take_the_count_with_them(self, groups: Groups) -> None:
        volumes_counted()
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=[])
        assert counted() == []
        assert not VolumeMark.objects.exists()
        tiers_set(actor=SYSTEM, group=groups.customer, tiers=TIERS)
        assert counted() == [("March", 900, Decimal("0.9"))]

    def test_a_correction_counts_both_what_it_takes_back_and_what_it_charges(
        self, groups: Groups
    ) -> None:
        volumes_counted()
        correction_add(
            actor=SYSTEM, group=groups.customer, prefix="880", begins_at=MARCH - timedelta(days=2),
            ends_at=MARCH - timedelta(hours=1), price=Decimal("0.04"), reason="wrong deck",
        )  # fmt: skip
        call_command(
            "rerate", "--from", "2027-03-13T00:00:00Z", "--until", "2027-03-15T00:00:00Z",
            "--reason", "wrong deck", stdout=StringIO(),
        )  # fmt: skip
        assert counted() == [("March", 900, Decimal("0.6"))]

    def test_the_next_month_begins_anew_and_a_record_ahead_of_the_clock_is_not_lost(
        self, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL - timedelta(minutes=5))
        charged(cdr("b", account="Customer-001", at=APRIL + timedelta(minutes=1), seconds=60))
        assert counted() == [("March", 900, Decimal("0.9")), ("April", 60, Decimal("0.06"))]
        time_machine.move_to(APRIL + timedelta(hours=1))
        charged(
            cdr("c", account="Customer-001", at=APRIL + timedelta(minutes=2), seconds=60),
            cdr("late", account="Customer-001", at=MARCH, seconds=60),
        )
        # The month before stands beside it, late records and all, and goes with the one after.
        assert counted() == [("March", 960, Decimal("0.96")), ("April", 120, Decimal("0.12"))]
        assert calls_found().is_sound, calls_found().lines
        time_machine.move_to(APRIL + timedelta(days=30, hours=1))
        assert counted() == [("April", 120, Decimal("0.12"))]

    def test_months_are_those_of_the_groups_zone(self, groups: Groups, time_machine: Any) -> None:
        groups.customer.time_zone = "Asia/Dhaka"
        groups.customer.save(update_fields=["time_zone"])
        time_machine.move_to(datetime(2027, 3, 31, 18, 30, tzinfo=UTC))
        charged(
            cdr("b", account="Customer-001", at=datetime(2027, 3, 31, 17, 59, tzinfo=UTC)),
            cdr("c", account="Customer-001", at=datetime(2027, 3, 31, 18, 0, tzinfo=UTC)),
        )
        assert counted()[-1] == ("April", 60, Decimal("0.06"))
        assert counted()[0] == ("March", 960, Decimal("0.96"))

    def test_a_count_that_is_not_what_was_charged_is_found(self, groups: Groups) -> None:
        volumes_counted()
        charged(cdr("b", account="Customer-001", at=MARCH - timedelta(hours=1), seconds=60))
        assert calls_found().is_sound, calls_found().lines
        miscount(groups.customer)
        found = "volumes that are not what their charges add up to: Retail 2027-03"
        assert found in calls_found().lines


class TestPages:
    CUSTOMER = "/accounts/Customer-001/"

    def test_an_account_reads_what_it_has_earned_and_what_the_next_tier_needs(
        self, tree: ResellerTree
    ) -> None:
        volumes_counted()
        words = page(tree.customer, self.CUSTOMER)
        assert "March 2027 at Retail, by the clocks of UTC · counted 2027-03-15 12:00" in words
        assert "Minutes so far 15 Tier reached 5 %" in words
        # 5 % of 0.90 are 0.045.
        assert "Earned so far 0.045 USD not posted: credited once the month has ended" in words
        assert "Next tier 10 % from 20 minutes: 5 more" in words

    def test_before_it_was_counted_nothing_is_earned(self, tree: ResellerTree) -> None:
        words = page(tree.customer, self.CUSTOMER)
        assert "Minutes so far 0 Tier reached none yet" in words
        assert "Next tier 5 % from 10 minutes: 10 more" in words
        assert "counted" not in words

    def test_what_was_credited_stands_there_with_its_revisions(
        self, tree: ResellerTree, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        months_closed()
        charged(cdr("late", account="Customer-001", at=MARCH, seconds=300))
        months_closed()
        words = page(tree.customer, self.CUSTOMER)
        assert "April 2027 at Retail" in words
        # 20 minutes are 1.20 and earn 0.12, of which 0.045 was credited before.
        assert "March 2027 Retail 15 minutes · 5 % +0.045 USD" in words
        late = "20 minutes · 10 % · put right after late records or a correction +0.075 USD"
        assert late in words

    def test_what_is_begun_of_a_minute_counts_as_one_that_is_missing(
        self, tree: ResellerTree, groups: Groups
    ) -> None:
        for group in (groups.customer, groups.agent, groups.top):
            rate(group, "44", "0.06", first_block=1, increment=1)
        charged(cdr("b", account="Customer-001", callee="442071838750", at=MARCH, seconds=90))
        volumes_counted()
        words = page(tree.customer, self.CUSTOMER)
        # 16 and a half of 20.
        assert "Minutes so far 16" in words
        assert "10 % from 20 minutes: 4 more" in words

    def test_a_group_of_before_stands_beside_the_present_one(
        self, tree: ResellerTree, groups: Groups
    ) -> None:
        other = rate_group(tree.agent, "Other")
        tiers_set(actor=SYSTEM, group=other, tiers=TIERS)
        volumes_counted()
        buys_at(tree.customer, other)
        words = page(tree.customer, self.CUSTOMER)
        assert "at Other, by the clocks of UTC · counted 2027-03-15 12:00 Minutes so far 0" in words
        # What it does not buy at any more is not its own to know; it is its agent's.
        assert "at Retail" not in words
        above = page(tree.agent, self.CUSTOMER)
        assert (
            "at Retail, by the clocks of UTC · counted 2027-03-15 12:00 Minutes so far 15" in above
        )

    def test_a_record_ahead_of_the_clock_is_not_shown_before_its_month(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL - timedelta(minutes=5))
        charged(cdr("b", account="Customer-001", at=APRIL + timedelta(minutes=1), seconds=60))
        volumes_counted()
        words = page(tree.customer, self.CUSTOMER)
        assert "Minutes so far 15" in words
        assert words.count("Minutes so far") == 1
        listed = page(tree.agent, at(groups.customer))
        assert listed.count("Customer-001") == 1

    def test_credits_are_the_accounts_own_and_stand_by_their_months(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        time_machine.move_to(APRIL)
        charged(cdr("b", account="Customer-001", at=APRIL, seconds=600))
        time_machine.move_to(APRIL + timedelta(days=30))
        months_closed()
        charged(cdr("late", account="Customer-001", at=MARCH, seconds=300))
        months_closed()
        words = page(tree.customer, self.CUSTOMER)
        assert words.index("April 2027 Retail 10") < words.index("March 2027 Retail 20")
        assert words.index("March 2027 Retail 20") < words.index("March 2027 Retail 15")
        buys_at(tree.customer_2, groups.customer)
        beside = page(tree.agent, "/accounts/Customer-002/")
        assert "Volume discounts" in beside
        assert "March 2027" not in beside

    def test_whoever_has_no_tiers_and_no_credits_sees_nothing_of_it(
        self, tree: ResellerTree
    ) -> None:
        assert "Volume discounts" not in page(tree.agent, "/accounts/Dhaka-Retail-Sub/")
        assert "Volume discounts" in page(tree.agent, self.CUSTOMER)

    def test_terms_of_a_group_that_is_not_ones_own_to_know_are_not_said(
        self, tree: ResellerTree, groups: Groups, time_machine: Any
    ) -> None:
        """The customer buys at a group that the agent above its agent keeps to itself."""
        tiers_set(actor=SYSTEM, group=groups.agent, tiers=TIERS)
        buys_at(tree.customer, groups.agent, since=LONG_AGO)
        charged(cdr("b", account="Customer-001", at=MARCH - timedelta(hours=1), seconds=1200))
        buys_at(tree.agent, groups.customer, since=MARCH)
        time_machine.move_to(APRIL)
        months_closed()
        words = page(tree.agent, self.CUSTOMER)
        assert "March 2027 a group of a level above yours 20 minutes +" in words
        assert "April 2027 at Wholesale" not in words

    def test_the_page_of_a_group_has_who_buys_at_it_in_ones_own_hierarchy(
        self, tree: ResellerTree, groups: Groups
    ) -> None:
        other = AccountFactory(parent=tree.sibling, account_id="Elsewhere")
        for account in (tree.sibling, other):
            buys_at(account, groups.agent, since=LONG_AGO)
        tiers_set(actor=SYSTEM, group=groups.agent, tiers=TIERS)
        charged(cdr("b", account="Elsewhere", at=MARCH - timedelta(hours=1), seconds=1200))
        volumes_counted()
        path = at(groups.agent)
        own = page(tree.agent, path)
        assert "Dhaka-Retail-Sub 15 minutes 5 % 0.03 10 % from 20 minutes: 5 more" in own
        assert "Elsewhere" not in own
        above = page(tree.top, path)
        assert above.index("Elsewhere 20") < above.index("Dhaka-Retail-Sub 15")

    @pytest.mark.wide
    def test_no_more_than_five_are_listed_and_each_takes_no_query(
        self, tree: ResellerTree, groups: Groups
    ) -> None:
        def queries() -> tuple[int, str]:
            browser = just_signed_in(UserFactory(account=tree.agent))
            path = at(groups.customer)
            browser.get(path)
            with CaptureQueriesContext(connection) as captured:
                words = words_of(browser.get(path))
            return len(captured), words

        volumes_counted()
        few, words = queries()
        assert "The 5 accounts with most minutes" not in words

        def called(number: int) -> None:
            account = AccountFactory(parent=tree.agent, account_id=f"More-{number}")
            buys_at(account, groups.customer, since=LONG_AGO)
            charged(cdr(f"m{number}", account=account.account_id, seconds=60 * (number + 1)))
            volumes_counted()

        for number in range(4):
            called(number)
        assert "The 5 accounts with most minutes" not in queries()[1]
        called(4)
        many, words = queries()
        assert "The 5 accounts with most minutes" in words
        assert [one for one in range(5) if f"More-{one}" in words] == [1, 2, 3, 4]
        assert many == few


def test_a_group_without_tiers_says_nothing(tree: ResellerTree, groups: Groups) -> None:
    words = page(tree.agent, at(groups.agent))
    assert "Wholesale" in words
    assert "Volume discounts" not in words
    assert RateGroup.objects.count() == 3

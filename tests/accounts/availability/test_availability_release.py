"""Imports that hold what others have, the release of an account, and the alerts."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.availability.queries import alerts
from accounts.availability.services import availability_release
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import AuditEntry
from accounts.kit.errors import NotAllowed, Refused
from accounts.phones.models import Phone
from accounts.phones.rules.import_plans import ImportPlan
from accounts.phones.services.imports import import_preview, phones_import
from accounts.phones.services.phones import phone_create
from tests.factories import ResellerTree, StaffFactory
from tests.support.probing import ONLY_A_NUMBER, ask, named, taken_numbers, told
from tests.support.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.mark.wide
class TestAnImport:
    """1,000 numbers, of which 200 are taken elsewhere."""

    @pytest.fixture
    def rows(self, tree: ResellerTree) -> list[list[str]]:
        taken = set(taken_numbers(tree, 200, 4470400))
        numbers = [str(one) for one in range(4470000, 4471000)]
        assert len(taken & set(numbers)) == 200
        return [["number", "account_id"], *([one, "Customer-001"] for one in numbers)]

    def do(self, actor: Actor, rows: list[list[str]]) -> tuple[ImportPlan, Any]:
        plan = import_preview(actor=actor, rows=rows)
        return plan, phones_import(actor=actor, rows=rows, expected=plan.digest)

    def test_the_free_ones_are_not_held_up(
        self, tree: ResellerTree, dhaka: Actor, rows: list[list[str]]
    ) -> None:
        plan, done = self.do(dhaka, rows)
        assert (len(plan.new), len(plan.left_out), plan.told.more) == (800, 20, 180)
        assert f"180 more are not available. {ONLY_A_NUMBER}" == plan.told.more_words
        assert (len(done.issued), done.left_out) == (800, 200)
        assert Phone.objects.filter(account=tree.customer).count() == 800
        assert named(tree.agent) == 20

    def test_a_release_names_the_rest(
        self, tree: ResellerTree, dhaka: Actor, rows: list[list[str]]
    ) -> None:
        assert len(import_preview(actor=dhaka, rows=rows).left_out) == 20
        admin = actor_for(StaffFactory(administrator=True))
        for one in (tree.agent, tree.top):
            availability_release(actor=admin, account=one, reason="their porting list")
        plan, done = self.do(dhaka, rows)
        assert (len(plan.left_out), plan.told.more, len(done.issued)) == (200, 0, 800)
        shown = {one.number for one, _words in plan.left_out}
        assert shown == {str(one) for one in range(4470400, 4470600)}


class TestARelease:
    def test_lifts_the_bound_of_that_level_and_of_those_above(
        self, tree: ResellerTree, dhaka: Actor, sylhet: Actor, administrator: Any
    ) -> None:
        numbers = taken_numbers(tree, 90)
        ask(dhaka, tree.customer, *numbers[:20])
        availability_release(actor=actor_for(administrator), account=tree.agent, reason="asked")
        assert len(told(ask(dhaka, tree.customer, *numbers[20:60]))) == 40
        # The level above is not burdened with what an administrator let be named.
        assert [named(tree.agent), named(tree.top)] == [60, 20]
        assert told(ask(sylhet, tree.sibling_customer, numbers[70])) == []
        availability_release(actor=actor_for(administrator), account=tree.top, reason="asked")
        assert len(told(ask(sylhet, tree.sibling_customer, *numbers[60:]))) == 20

    def test_ends_after_24_hours(self, tree: ResellerTree, dhaka: Actor, settings: Any) -> None:
        numbers = taken_numbers(tree, 60)
        ask(dhaka, tree.customer, *numbers[:20])
        until = availability_release(actor=SYSTEM, account=tree.agent, reason="asked")
        assert timedelta(hours=23) < until - timezone.now() <= timedelta(hours=24)
        release = tree.agent.availability_release
        release.until = timezone.now() - timedelta(seconds=1)
        release.save()
        assert told(ask(dhaka, tree.customer, numbers[30])) == []

    def test_is_an_administrators_deed_with_a_reason(
        self, tree: ResellerTree, dhaka: Actor, administrator: Any
    ) -> None:
        with refused("administrators_only", NotAllowed):
            availability_release(actor=dhaka, account=tree.customer, reason="me")
        with refused("reason_required", field="reason"):
            availability_release(actor=SYSTEM, account=tree.agent, reason=" ")
        availability_release(actor=actor_for(administrator), account=tree.agent, reason="asked")
        entry = AuditEntry.objects.get(action="availability.release")
        assert (entry.account, entry.reason) == ("Dhaka-Retail-Sub", "asked")


class TestAlerts:
    def test_from_the_6th_on_there_is_one(
        self, tree: ResellerTree, dhaka: Actor, administrator: Any
    ) -> None:
        numbers = taken_numbers(tree, 30)
        ask(dhaka, tree.customer, *numbers[:5])
        assert alerts(actor_for(administrator)) == []
        assert len(numbers) == 30
        for number in numbers[5:]:
            ask(dhaka, tree.customer, number)
            with pytest.raises(Refused):
                phone_create(actor=dhaka, account=tree.customer, number=number)
        (one,) = alerts(actor_for(administrator))
        assert (one.account.account_id, one.named, one.unnamed) == ("Dhaka-Retail-Sub", 20, 10)
        assert one.is_stopped
        assert alerts(dhaka) == []

    def test_the_level_above_has_one_where_its_accounts_share_it(
        self, tree: ResellerTree, dhaka: Actor, sylhet: Actor, administrator: Any
    ) -> None:
        numbers = taken_numbers(tree, 30)
        ask(dhaka, tree.customer, *numbers[:4])
        ask(sylhet, tree.sibling_customer, *numbers[4:8])
        (one,) = alerts(actor_for(administrator))
        assert (one.account.account_id, one.named) == ("BD-Wholesale-Agent", 8)

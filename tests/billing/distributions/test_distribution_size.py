"""Distributions of any size, and drafts that were never paid."""

from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.tree.services.ending import account_delete
from accounts.tree.services.load import Draft, accounts_load
from billing.distributions.models import Distribution
from billing.distributions.queries import drafts_of
from billing.distributions.services.drafts import MOST_DRAFTS, distribution_preview, purge_drafts
from billing.distributions.services.paying import distribution_pay
from billing.ledger.models import Entry
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.support.covering import on_covered
from tests.support.distributing import draft, paid
from tests.support.jobs import work_off
from tests.support.paying import pay

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


class TestSize:
    @pytest.fixture
    def many(self, tree: ResellerTree) -> list[str]:
        drafts = [Draft(f"Many-{n:03}", "x", tree.agent.account_id) for n in range(150)]
        accounts_load(actor=SYSTEM, drafts=drafts)
        return [one.account_id for one in drafts]

    @pytest.mark.parametrize("sizes", [(2, 100), (101, 150)], ids=["request", "job"])
    @pytest.mark.parametrize("is_covered", [False, True], ids=["record", "covered"])
    def test_queries_do_not_grow_with_the_lines(
        self,
        imran: Actor,
        tree: ResellerTree,
        many: list[str],
        is_covered: bool,
        sizes: tuple[int, int],
    ) -> None:
        if is_covered:
            pay(tree.agent, "1000")
            on_covered(tree, per_day=Decimal(10_000), per_payment=Decimal(100))
        # The first payment of a day notes that the authorization was used.
        paid(imran, draft(imran, f"{many[0]},9"))
        counts = []
        for size in sizes:
            one = draft(imran, "\n".join(f"{name},1.{size}" for name in many[:size]))
            with CaptureQueriesContext(connection) as checking:
                plan = distribution_preview(actor=imran, distribution=one)
            with CaptureQueriesContext(connection) as paying:
                distribution_pay(actor=imran, distribution=one, expected=plan.digest)
            with CaptureQueriesContext(connection) as working:
                work_off()
            # A worker looks for tasks and says that it goes on as often as time passes.
            money = [query for query in working if "billing_" in query["sql"]]
            counts.append((len(checking), len(paying), len(money)))
            one.refresh_from_db()
            assert one.count == size
        assert counts[0] == counts[1]

    @pytest.mark.slow
    def test_a_list_of_ten_thousand_is_paid_in_seconds(
        self, imran: Actor, tree: ResellerTree
    ) -> None:
        drafts = [Draft(f"Many-{n:05}", "x", tree.agent.account_id) for n in range(10_000)]
        accounts_load(actor=SYSTEM, drafts=drafts)
        text = "\n".join(f"{one.account_id};0.01;ref" for one in drafts)
        one = paid(imran, draft(imran, text))
        assert (one.count, one.total) == (10_000, Decimal(100))
        assert Entry.objects.count() == 20_000
        assert ledger_problems() == []


class TestDrafts:
    def test_only_so_many_are_kept_for_a_login(self, imran: Actor) -> None:
        for _time in range(MOST_DRAFTS + 3):
            draft(imran, "Customer-001,1")
        assert drafts_of(imran).count() == MOST_DRAFTS

    def test_old_ones_are_purged_and_paid_ones_stay(self, imran: Actor) -> None:
        paid(imran, draft(imran, "Customer-001,1"))
        draft(imran, "Customer-001,1")
        assert purge_drafts() == 0
        with time_machine.travel(timezone.now() + timezone.timedelta(days=8)):
            assert purge_drafts() == 1
        assert Distribution.objects.get().posted_at is not None

    def test_an_account_may_go_with_its_drafts(self, tree: ResellerTree) -> None:
        fresh = grant(AccountFactory(parent=tree.agent), Authorization.PAY_SUB_ACCOUNT)
        below = AccountFactory(parent=fresh, account_id="Below")
        draft(actor_for(UserFactory(account=fresh)), "Below,1")
        account_delete(actor=SYSTEM, account=below, reason="test")
        account_delete(actor=SYSTEM, account=fresh, reason="test")
        assert not Distribution.objects.exists()

"""Re-rating at its bounds: which calls, whose preview, how long it is kept (docs/domain.md 7)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.jobs.services.jobs import job_cancel
from accounts.jobs.services.work import Work
from accounts.kit.errors import Clash, Refused
from accounts.logins.services.staff import staff_edit
from billing.charging.models import Rerating, ReratingLine, ReratingTotal
from billing.charging.queries.books import Tariffs
from billing.charging.queries.legs import Wanted
from billing.charging.queries.reratings import (
    digest_of,
    reratings_of,
)
from billing.charging.services.rerating_work import in_transaction, looked_through, silent
from billing.charging.services.reratings import (
    purge_reratings,
    rerating_again,
    rerating_new,
    rerating_post,
)
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory, UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.trees import ResellerTree
from tests.support.jobs import work_off
from tests.support.rerating import (
    DAY,
    NOON,
    assert_sound,
    balances,
    confirmed,
    corrected,
    previewed,
    stopped_after,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("charged_too_little")]


@pytest.fixture
def administrator(db: None) -> Actor:
    return actor_for(StaffFactory(username="re-rater", administrator=True))


def test_calls_are_those_of_the_account_alone_and_at_the_group_that_was_chosen(
    administrator: Actor, tree: ResellerTree, groups: Groups
) -> None:
    """The agent has called itself; at the group of its customers it buys nothing."""
    charged(cdr("own", account="Dhaka-Retail-Sub", at=NOON - timedelta(hours=1)))
    alone = Wanted(DAY.begin, DAY.end, (tree.agent.pk,), is_alone=True)
    assert previewed(administrator, alone).looked_at == 1
    at_group = Wanted(DAY.begin, DAY.end, group=groups.customer.pk)
    one = rerating_new(
        actor=administrator, wanted=at_group, zone="UTC", group=groups.customer, reason="why"
    )
    one.refresh_from_db()
    assert one.looked_at == 5


def test_a_preview_looks_at_92_days(administrator: Actor) -> None:
    assert previewed(administrator, Wanted(NOON - timedelta(days=92), NOON)).looked_at == 5


def test_agents_read_of_no_re_rating(administrator: Actor, tree: ResellerTree) -> None:
    one = previewed(administrator)
    assert list(reratings_of(administrator)) == [one]
    assert not reratings_of(actor_for(UserFactory(account=tree.agent))).exists()


def test_what_was_looked_at_again_is_not_posted_as_it_was_shown_before(
    administrator: Actor, tree: ResellerTree, groups: Groups
) -> None:
    one = previewed(administrator)
    shown = digest_of(one)
    corrected(groups.top, "0.02")
    again = rerating_again(actor=administrator, rerating=one)
    with pytest.raises(Clash) as clash:
        rerating_post(actor=administrator, rerating=again, expected=shown)
    assert clash.value.code == "changed_meanwhile"


def test_what_is_being_posted_is_not_posted_once_more(
    administrator: Actor, tree: ResellerTree
) -> None:
    one = previewed(administrator)
    shown = digest_of(one)
    rerating_post(actor=administrator, rerating=one, expected=shown)
    for code in ("busy_rerating", "posted"):
        with pytest.raises(Refused) as refused:
            rerating_post(actor=administrator, rerating=one, expected=shown)
        assert refused.value.code == code
        work_off()
    assert balances(tree)[1] == Decimal("-0.25")


def test_of_two_workers_at_a_preview_one_goes_on(administrator: Actor, in_parts: None) -> None:
    """One that was believed to be dead has worked out a part that the other has kept meanwhile."""
    one = rerating_new(actor=administrator, wanted=DAY, zone="UTC", reason="why")

    def killed(_done: int, _total: int) -> None:
        raise RuntimeError

    @contextmanager
    def overtaken(position: Mapping[str, Any]) -> Iterator[None]:
        again = Rerating.objects.get(pk=one.pk)
        with suppress(RuntimeError):
            looked_through(again, Tariffs(), administrator, in_transaction, killed)
        with in_transaction(position):
            yield

    with pytest.raises(Refused) as refused:
        looked_through(one, Tariffs(), administrator, overtaken, silent)
    assert refused.value.code == "moved_on"
    one.refresh_from_db()
    assert (one.parts.count(), one.looked_at, one.changed) == (1, 2, 2)


def test_who_is_no_administrator_any_more_posts_no_other_part(
    administrator: Actor, tree: ResellerTree, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def demoted(_work: Work) -> None:
        assert administrator.user is not None
        staff_edit(actor=SYSTEM, user=administrator.user, administrator=False, operator=True)

    one = previewed(administrator)
    with monkeypatch.context() as patch:
        stopped_after(patch, 1, demoted)
        one = confirmed(administrator, one)
    assert one.state == Rerating.State.POSTING
    assert balances(tree)[1] == Decimal("-0.22")
    assert_sound()


def test_what_was_posted_in_part_is_kept_with_all_that_it_shows(
    administrator: Actor, in_parts: None, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = previewed(administrator)
    with monkeypatch.context() as patch:
        stopped_after(patch, 1, lambda work: job_cancel(actor=administrator, job=work.job))
        one = confirmed(administrator, one)
    time_machine.move_to(NOON + timedelta(days=31))
    assert purge_reratings() == 0
    assert ReratingLine.objects.filter(rerating=one).count() == 5


def test_what_a_worker_is_at_is_not_deleted(
    administrator: Actor, in_parts: None, time_machine: Any
) -> None:
    checked = rerating_new(actor=administrator, wanted=DAY, zone="UTC", reason="why")
    time_machine.move_to(NOON + timedelta(days=31))
    assert purge_reratings() == 0
    work_off()
    checked.refresh_from_db()
    rerating_post(actor=administrator, rerating=checked, expected=digest_of(checked))
    assert purge_reratings() == 0
    work_off()
    # It was posted: what stays are the totals.
    assert purge_reratings() == 5
    assert ReratingTotal.objects.filter(rerating=checked).count() == 1

"""What a preview has shown is posted, part after part, and nothing else (docs/domain.md 7)."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import AuditEntry
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_cancel, job_retry
from accounts.jobs.services.work import Work
from accounts.kit.errors import Clash, NotAllowed, Refused
from accounts.tree.services.ending import account_close
from billing.calls.models import Leg
from billing.charging.models import Charge, Rerating, ReratingLine, ReratingTotal
from billing.charging.queries.books import Tariffs
from billing.charging.queries.legs import Wanted
from billing.charging.queries.reratings import (
    causes_left,
    digest_of,
    posted_by,
    totals_of,
)
from billing.charging.services import reratings as deeds
from billing.charging.services.rerating_work import in_transaction, looked_through, silent
from billing.charging.services.reratings import (
    purge_reratings,
    rerating_again,
    rerating_new,
    rerating_post,
)
from billing.rates.services.corrections import correction_add
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory, UserFactory
from tests.factories.rates import LONG_AGO, rate_group
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.jobs import work_off
from tests.support.paying import pay
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


def test_the_preview_says_the_difference_of_each_account_and_posts_nothing(
    administrator: Actor, tree: ResellerTree
) -> None:
    one = previewed(administrator)
    assert (one.state, one.looked_at, one.changed, one.left) == (Rerating.State.CHECKED, 5, 5, 0)
    [total] = ReratingTotal.objects.filter(rerating=one)
    assert (total.account, total.legs, total.before, total.after) == (
        tree.agent, 5, Decimal("0.2"), Decimal("0.25"),
    )  # fmt: skip
    # The agent is no root, and no carrier took these calls.
    assert (one.income, one.cost) == (0, 0)
    assert balances(tree) == (Decimal("-0.15"), Decimal("-0.2"), Decimal("-0.3"))
    assert not Charge.objects.filter(rerating_id__isnull=False).exists()


def test_what_was_shown_is_posted_and_found_from_the_charges_of_the_leg(
    administrator: Actor, tree: ResellerTree, groups: Groups
) -> None:
    corrected(groups.top, "0.02")
    one = confirmed(administrator, previewed(administrator))
    assert one.state == Rerating.State.POSTED
    assert balances(tree) == (Decimal("-0.1"), Decimal("-0.25"), Decimal("-0.3"))
    assert one.income == Decimal("-0.05")
    shown = {t.account_id: t.after - t.before for t in ReratingTotal.objects.filter(rerating=one)}
    assert shown == {tree.top.pk: Decimal("-0.05"), tree.agent.pk: Decimal("0.05")}
    leg = Leg.objects.get(call_id="c-1")
    anew = Charge.objects.filter(leg_id=leg.pk, rerating_id=one.pk).order_by("pk")
    assert [(line.account_id, line.amount) for line in anew] == [
        (tree.agent.pk, Decimal("-0.04")), (tree.agent.pk, Decimal("0.05")),
        (tree.top.pk, Decimal("-0.03")), (tree.top.pk, Decimal("0.02")),
    ]  # fmt: skip
    assert_sound()


def test_it_is_on_record_once_as_a_whole(administrator: Actor, in_parts: None) -> None:
    confirmed(administrator, previewed(administrator))
    entry = AuditEntry.objects.get(action="calls.rerate")
    assert (entry.reason, entry.after["legs"]) == ("deck of March", 5)


def test_killed_between_two_parts_it_goes_on_where_it_stood(
    administrator: Actor, tree: ResellerTree, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_work: Work) -> None:
        raise RuntimeError("killed")

    one = previewed(administrator)
    assert one.parts.count() == 3
    with monkeypatch.context() as patch:
        stopped_after(patch, 1, broken)
        one = confirmed(administrator, one)
    job = one.post_job
    assert job is not None
    assert (job.state, job.position) == (Job.State.DONE_IN_PART, {"leg": one.parts.first().last_leg,  # type: ignore[union-attr]
                                                                  "changed": 2})  # fmt: skip
    assert balances(tree)[1] == Decimal("-0.22")
    assert_sound()
    job_retry(actor=administrator, job=job)
    work_off()
    one.refresh_from_db()
    assert one.state == Rerating.State.POSTED
    assert balances(tree)[1] == Decimal("-0.25")
    assert Charge.objects.filter(rerating_id=one.pk).count() == 10
    assert_sound()


def test_cancelled_between_two_parts_the_rest_can_be_posted_as_it_was_shown(
    administrator: Actor, tree: ResellerTree, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = previewed(administrator)
    with monkeypatch.context() as patch:
        stopped_after(patch, 2, lambda work: job_cancel(actor=administrator, job=work.job))
        one = confirmed(administrator, one)
    assert one.post_job is not None
    assert one.post_job.state == Job.State.DONE_IN_PART
    assert balances(tree)[1] == Decimal("-0.24")
    [total] = totals_of(one)
    assert posted_by(one, [total]) == {total.pk: Decimal("0.04")}
    one = confirmed(administrator, one)
    assert one.state == Rerating.State.POSTED
    assert balances(tree)[1] == Decimal("-0.25")
    assert AuditEntry.objects.filter(action="calls.rerate").count() == 1
    assert_sound()


def test_a_preview_that_was_stopped_goes_on_and_shows_the_same(
    administrator: Actor, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_work: Work, _done: int, _total: int | None = None) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Work, "progress", broken)
        one = previewed(administrator)
    assert (one.state, one.looked_at) == (Rerating.State.CHECKING, 2)
    with pytest.raises(Refused) as refused:
        rerating_post(actor=administrator, rerating=one, expected=digest_of(one))
    assert refused.value.code == "not_ready"
    assert one.check_job is not None
    job_retry(actor=administrator, job=one.check_job)
    work_off()
    one.refresh_from_db()
    assert (one.state, one.looked_at, one.changed) == (Rerating.State.CHECKED, 5, 5)
    assert ReratingLine.objects.filter(rerating=one).count() == 5


def test_a_price_that_changed_since_the_preview_is_not_charged(
    administrator: Actor, tree: ResellerTree, groups: Groups, in_parts: None
) -> None:
    one = previewed(administrator)
    # Of the last call alone, which is a part by itself: nothing of the others is posted either.
    correction_add(
        actor=SYSTEM, group=groups.top, prefix="880", begins_at=NOON - timedelta(minutes=301),
        ends_at=NOON - timedelta(minutes=299), price=Decimal("0.02"), reason="late",
    )  # fmt: skip
    one = confirmed(administrator, one)
    assert one.post_job is not None
    assert one.post_job.state == Job.State.FAILED
    assert "Look again" in one.post_job.error
    assert balances(tree) == (Decimal("-0.15"), Decimal("-0.2"), Decimal("-0.3"))
    again = rerating_again(actor=administrator, rerating=one)
    work_off()
    again.refresh_from_db()
    assert (again.pk, again.state, again.changed) == (one.pk, Rerating.State.CHECKED, 5)
    # The agent's five, and the one of the level above; those of the first look are gone.
    assert ReratingLine.objects.filter(rerating=again).count() == 6
    confirmed(administrator, again)
    assert balances(tree) == (Decimal("-0.14"), Decimal("-0.25"), Decimal("-0.3"))
    assert_sound()


def test_a_price_that_changes_while_it_is_posted_stops_it_with_what_was_shown(
    administrator: Actor, tree: ResellerTree, groups: Groups, in_parts: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    one = previewed(administrator)
    with monkeypatch.context() as patch:
        stopped_after(patch, 1, lambda _work: corrected(groups.top, "0.02"))
        one = confirmed(administrator, one)
    assert one.post_job is not None
    assert one.post_job.state == Job.State.DONE_IN_PART
    assert balances(tree) == (Decimal("-0.15"), Decimal("-0.22"), Decimal("-0.3"))
    # Another one looks at what is left, and this one stays what it is.
    other = rerating_again(actor=administrator, rerating=one)
    assert other.pk != one.pk
    work_off()
    other.refresh_from_db()
    assert confirmed(administrator, other).state == Rerating.State.POSTED
    assert balances(tree) == (Decimal("-0.1"), Decimal("-0.25"), Decimal("-0.3"))
    assert_sound()


def test_of_two_previews_of_the_same_calls_one_is_posted(
    administrator: Actor, tree: ResellerTree
) -> None:
    first, second = previewed(administrator), previewed(administrator)
    assert confirmed(administrator, first).state == Rerating.State.POSTED
    late = confirmed(administrator, second)
    assert late.post_job is not None
    assert late.post_job.state == Job.State.FAILED
    assert balances(tree)[1] == Decimal("-0.25")
    with pytest.raises(Refused) as refused:
        rerating_again(actor=administrator, rerating=first)
    assert refused.value.code == "posted"


def test_calls_of_an_account_alone_are_not_those_below_it(
    administrator: Actor, tree: ResellerTree, groups: Groups
) -> None:
    wanted = Wanted(DAY.begin, DAY.end, accounts=(tree.agent.pk,))
    assert previewed(administrator, wanted).looked_at == 5
    with pytest.raises(Refused) as refused:
        previewed(administrator, Wanted(DAY.begin, DAY.end, (tree.agent.pk,), is_alone=True))
    assert refused.value.code == "no_calls"
    alone = Wanted(DAY.begin, DAY.end, (tree.customer.pk,), is_alone=True)
    assert previewed(administrator, alone).looked_at == 5
    at_group = Wanted(DAY.begin, DAY.end, group=groups.top.pk)
    assert previewed(administrator, at_group).looked_at == 5
    unused = Wanted(DAY.begin, DAY.end, group=rate_group(None, "Unused").pk)
    with pytest.raises(Refused):
        previewed(administrator, unused)


def test_calls_that_cannot_be_rated_are_named_and_stay(
    administrator: Actor, tree: ResellerTree
) -> None:
    buys_at(tree.top, rate_group(None, "Empty"), since=LONG_AGO + timedelta(days=1))
    one = previewed(administrator)
    assert (one.changed, one.left) == (0, 5)
    [cause] = causes_left(one)
    assert (cause.reason, cause.account, cause.begins, cause.count) == (
        "no_rate", tree.top.account_id, "8801", 5,
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        rerating_post(actor=administrator, rerating=one, expected=digest_of(one))
    assert refused.value.code == "nothing_to_do"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"begin": NOON, "end": NOON}, "order"),
        ({"begin": NOON - timedelta(days=93), "end": NOON}, "too_long"),
        ({"begin": NOON - timedelta(days=20), "end": NOON - timedelta(days=10)}, "no_calls"),
    ],
)
def test_a_preview_is_bounded(administrator: Actor, wanted: Mapping[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        previewed(administrator, Wanted(**wanted))
    assert (refused.value.code, refused.value.field) == (code, "until")


def test_more_calls_than_a_preview_looks_at_are_refused(
    administrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "MOST_LEGS", 4)
    with pytest.raises(Refused) as refused:
        previewed(administrator)
    assert refused.value.code == "too_many_calls"


def test_only_what_was_looked_at_last_is_posted(administrator: Actor) -> None:
    one = previewed(administrator)
    with pytest.raises(Clash) as clash:
        rerating_post(actor=administrator, rerating=one, expected="something else")
    assert clash.value.code == "changed_meanwhile"


def test_a_worker_at_it_keeps_others_away(administrator: Actor, in_parts: None) -> None:
    one = rerating_new(actor=administrator, wanted=DAY, zone="UTC", reason="why")
    with pytest.raises(Refused) as refused:
        rerating_again(actor=administrator, rerating=one)
    assert refused.value.code == "busy_rerating"
    work_off()
    # One that was believed to be dead comes back.
    with pytest.raises(Refused) as refused:
        looked_through(one, Tariffs(), administrator, in_transaction, silent)
    assert refused.value.code == "moved_on"


def test_agents_do_not_rate_calls_anew(tree: ResellerTree) -> None:
    agent = actor_for(UserFactory(account=tree.agent))
    with pytest.raises(NotAllowed) as refused:
        rerating_new(actor=agent, wanted=DAY, zone="UTC", reason="why")
    assert refused.value.code == "administrators_only"


def test_previews_that_nobody_posted_are_deleted_after_a_month(
    administrator: Actor, time_machine: Any
) -> None:
    posted = confirmed(administrator, previewed(administrator))
    previewed(administrator)
    assert purge_reratings() == 0
    time_machine.move_to(NOON + timedelta(days=31))
    # The preview, and five lines of what was posted.
    assert purge_reratings() == 6
    assert list(Rerating.objects.all()) == [posted]
    assert ReratingTotal.objects.filter(rerating=posted).count() == 1


def test_the_money_of_a_closed_account_is_not_moved_any_more(
    administrator: Actor, tree: ResellerTree, groups: Groups
) -> None:
    corrected(groups.customer, "0.07")
    pay(tree.customer, "0.3")
    account_close(actor=SYSTEM, account=tree.customer, reason="over")
    one = previewed(administrator)
    assert (one.changed, one.left) == (0, 5)
    [cause] = causes_left(one)
    assert (cause.reason, cause.account) == ("closed", "Customer-001")

"""A group of many rates is copied by a job: all of it or nothing, once (docs/domain.md 7)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry, User
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_cancel, job_retry
from accounts.jobs.services.run import take
from accounts.jobs.services.upkeep import requeue_interrupted
from accounts.kit.errors import NotInScope, Refused
from billing.rates.drafts import MarkUp, RateDraft
from billing.rates.models import Rate
from billing.rates.periods import read_period
from billing.rates.services import copying
from billing.rates.services.copying import copy_start, group_copy
from billing.rates.services.groups import group_change, group_delete
from billing.rates.services.loading import rates_load
from billing.rates.services.rates import rate_end
from billing.wallets.models import RateGroup
from tests.billing.rates.conftest import Business
from tests.factories.grants import revoke
from tests.factories.rates import rate, rate_group
from tests.support.jobs import ended, work_off
from tests.support.pages import field_error, markup_of, words_of

pytestmark = pytest.mark.django_db
State = Job.State
Meanwhile = Callable[[Callable[[int], Any], int], None]
A_TENTH_MORE = MarkUp(Decimal(10))


@pytest.fixture
def source(business: Business) -> RateGroup:
    """The group Retail with three rates: one for hours of the day, one that is yet to come."""
    rate(business.group, "880", "0.02", destination="Bangladesh", connection_fee=Decimal("0.1"),
         is_locked=True, first_block=30, increment=6)  # fmt: skip
    rate(business.group, "880", "0.03", period="mon-fri 08:00-20:00")
    rate(business.group, "44", "0.01", since=timezone.now() + timedelta(days=9),
         until=timezone.now() + timedelta(days=19))  # fmt: skip
    return business.group


@pytest.fixture
def browser(business: Business, client_of: Callable[[User], Client]) -> Client:
    return client_of(business.login)


def start(business: Business, name: str = "Copy") -> Job:
    return copy_start(actor=business.actor, group=business.group, name=name, mark_up=A_TENTH_MORE)


def copies() -> list[str]:
    return [one for one in RateGroup.objects.values_list("name", flat=True) if one == "Copy"]


def told(group: RateGroup) -> list[tuple[Any, ...]]:
    """All that a rate of a group says, but for the beginning of what counts now."""
    now = timezone.now()
    return [
        (one.prefix, one.destination, one.price, one.connection_fee, one.first_block,
         one.increment, max(one.effective_from, now) - now > timedelta(days=1),
         one.effective_until, one.is_locked, str(one.period or ""), one.version)
        for one in Rate.objects.filter(group=group).order_by("prefix", "days")
    ]  # fmt: skip


def test_a_worker_copies_as_the_request_does(business: Business, source: RateGroup) -> None:
    at_once = group_copy(actor=business.actor, group=source, name="Other", mark_up=A_TENTH_MORE)
    job = start(business)
    assert copies() == []
    assert ended(job) == (State.DONE, "")
    made = RateGroup.objects.get(name="Copy")
    assert (made.owner, made.time_zone, made.is_shared) == (business.agent, "UTC", False)
    assert told(made) == told(at_once)
    assert [one.price for one in Rate.objects.filter(group=made).order_by("price")] == [
        Decimal("0.011"),
        Decimal("0.022"),
        Decimal("0.033"),
    ]
    entry = AuditEntry.objects.get(action="rate_group.create", subject="Copy")
    assert (entry.after["copied_from"], entry.actor) == ("Retail", business.login.username)
    assert (job.done, job.total) == (3, 3)


def test_who_asks_for_the_same_copy_again_has_the_same_job(
    business: Business, source: RateGroup
) -> None:
    job = start(business)
    assert start(business) == job
    assert start(business, "Another") != job


def test_a_job_copies_no_group_that_is_not_seen(business: Business) -> None:
    hidden = rate_group(business.top, "Hidden")
    with pytest.raises(NotInScope):
        copy_start(actor=business.actor, group=hidden, name="Copy", mark_up=A_TENTH_MORE)
    assert not Job.objects.exists()


def test_a_group_without_rates_is_copied(business: Business) -> None:
    group_copy(actor=business.actor, group=business.group, name="Copy", mark_up=A_TENTH_MORE)
    assert copies() == ["Copy"]


def test_what_counts_now_counts_from_the_copy_on(business: Business, source: RateGroup) -> None:
    before = timezone.now()
    ended(start(business))
    begun = Rate.objects.filter(group__name="Copy", prefix="880")
    assert {before <= one.effective_from <= timezone.now() for one in begun} == {True}


@pytest.mark.wide
def test_the_page_leads_to_the_job_and_the_job_to_the_copy(
    business: Business, browser: Client
) -> None:
    """One rate more than a request copies."""
    drafts = [
        RateDraft(str(at), Decimal("0.01")) for at in range(100_000, 100_001 + copying.MOST_AT_ONCE)
    ]
    rates_load(actor=SYSTEM, group=business.group, drafts=drafts)
    url = reverse("billing:rate-group-copy", args=[business.group.pk])
    page = browser.get(url)
    assert "This group has more than 5,000 rates: a worker makes the copy" in words_of(page)
    sent = {"name": "Copy", "percent": "10", "amount": "", "rounding": "6", "memo": "New"}
    answer = browser.post(url, sent)
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, reverse("job", args=[job.pk]))
    assert browser.post(url, sent)["Location"] == answer["Location"]
    assert "Copy Retail as Copy" in words_of(browser.get(answer["Location"]))
    work_off()
    page = browser.get(answer["Location"])
    made = RateGroup.objects.get(name="Copy")
    assert made.memo == "New"
    assert reverse("billing:rate-group", args=[made.pk]) in markup_of(page)
    assert "+10.00 %" in words_of(page)
    prices = Rate.objects.filter(group=made, price=Decimal("0.011"))
    assert prices.count() == copying.MOST_AT_ONCE + 1


def test_what_is_asked_for_again_is_the_same_job_and_another_copy_is_not(
    business: Business, source: RateGroup
) -> None:
    first, other = start(business), start(business, "Other")
    assert first != other
    assert [start(business), start(business, "Other")] == [first, other]


def test_a_short_group_is_copied_at_once(
    business: Business, source: RateGroup, browser: Client
) -> None:
    url = reverse("billing:rate-group-copy", args=[source.pk])
    assert "a worker makes the copy" not in words_of(browser.get(url))
    answer = browser.post(url, {"name": "Copy", "percent": "", "amount": "", "rounding": "6",
                                "memo": ""})  # fmt: skip
    made = RateGroup.objects.get(name="Copy")
    assert answer["Location"] == reverse("billing:rate-group", args=[made.pk])
    assert not Job.objects.exists()


def test_what_is_wrong_is_said_before_a_job_is_begun(
    business: Business, source: RateGroup, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.rates.views.groups.MOST_AT_ONCE", 2)
    url = reverse("billing:rate-group-copy", args=[source.pk])
    sent = {"name": "rEtAiL", "percent": "", "amount": "", "rounding": "6", "memo": ""}
    answer = browser.post(url, sent)
    assert field_error(answer, "name") == "There is a rate group of this name already."
    answer = browser.post(url, {**sent, "name": "Copy", "percent": "-101"})
    assert "−100" in field_error(answer, "percent")
    # 0.03 and this are more than a minute of anything costs.
    answer = browser.post(url, {**sent, "name": "Copy", "amount": "100000"})
    assert field_error(answer, "amount") == "Enter a price from 0 to 100,000.00."
    assert not Job.objects.exists()


def test_a_name_that_was_taken_meanwhile_is_the_jobs_answer(
    business: Business, source: RateGroup
) -> None:
    job = start(business)
    rate_group(business.agent, "copy")
    assert ended(job) == (State.FAILED, "There is a rate group of this name already.")
    assert copies() == []


def test_a_source_that_is_gone_by_then_is_named(business: Business, source: RateGroup) -> None:
    job = start(business)
    group_delete(actor=business.actor, group=source)
    assert ended(job) == (
        State.FAILED,
        "Retail is gone, or its prices are not for you any more.",
    )


def test_whoever_may_not_any_more_copies_nothing(business: Business, source: RateGroup) -> None:
    job = start(business)
    revoke(business.agent, Authorization.MANAGE_ACCOUNT)
    state, words = ended(job)
    assert (state, copies()) == (State.FAILED, [])
    assert "authorization" in words


def test_a_price_that_became_too_dear_is_named(business: Business, source: RateGroup) -> None:
    job = start(business)
    rate(source, "99", "99000")
    assert ended(job) == (State.FAILED, "Enter a price from 0 to 100,000.00.")
    assert copies() == []


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Have something done so many times, each time the prices of the group were just read."""
    read = copying._priced

    def done(deed: Callable[[int], Any], times: int) -> None:
        waiting = iter(range(times))

        def priced(*given: Any) -> Iterator[Any]:
            yield from read(*given)
            for at in waiting:
                deed(at)
                break

        monkeypatch.setattr(copying, "_priced", priced)

    return done


def noting(group: RateGroup) -> Callable[[int], Any]:
    """Somebody writes another memo."""
    same: dict[str, Any] = {"name": "Retail", "time_zone": "UTC", "is_shared": False}
    return lambda at: group_change(actor=SYSTEM, group=group, memo=f"Note {at}", **same)


def test_a_group_that_changes_meanwhile_is_read_again(
    business: Business, source: RateGroup, meanwhile: Meanwhile
) -> None:
    meanwhile(noting(source), 2)
    assert ended(start(business)) == (State.DONE, "")
    assert Rate.objects.filter(group__name="Copy").count() == 3


def test_a_group_that_goes_on_changing_is_copied_later(
    business: Business, source: RateGroup, meanwhile: Meanwhile
) -> None:
    meanwhile(noting(source), 9)
    assert ended(start(business)) == (
        State.FAILED,
        "Retail is being changed again and again. Copy it later.",
    )
    assert copies() == []


def test_a_name_taken_while_prices_are_read_is_the_jobs_answer(
    business: Business, source: RateGroup, meanwhile: Meanwhile
) -> None:
    meanwhile(lambda _at: rate_group(business.agent, "COPY"), 1)
    assert ended(start(business)) == (State.FAILED, "There is a rate group of this name already.")
    assert not Rate.objects.exclude(group=source).exists()


def test_a_copy_that_is_cancelled_while_prices_are_read_makes_nothing(
    business: Business, source: RateGroup, meanwhile: Meanwhile
) -> None:
    job = start(business)
    meanwhile(lambda _at: job_cancel(actor=business.actor, job=job), 1)
    assert ended(job)[0] == State.CANCELLED
    assert copies() == []


def test_a_cancelled_copy_makes_nothing(business: Business, source: RateGroup) -> None:
    job = start(business)
    job_cancel(actor=business.actor, job=job)
    assert ended(job)[0] == State.CANCELLED
    assert copies() == []


def test_a_copy_after_a_worker_that_died_is_the_only_one(
    business: Business, source: RateGroup
) -> None:
    job = start(business)
    take(job.pk)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    assert requeue_interrupted() == 1
    assert ended(job) == (State.DONE, "")
    work_off()
    with pytest.raises(Refused):
        job_retry(actor=business.actor, job=job)
    assert Rate.objects.filter(group__name="Copy").count() == 3


def test_a_copy_that_failed_is_started_again(business: Business, source: RateGroup) -> None:
    job, other = start(business), rate_group(business.agent, "copy")
    assert ended(job)[0] == State.FAILED
    group_delete(actor=business.actor, group=other)
    job_retry(actor=business.actor, job=job)
    assert ended(job) == (State.DONE, "")
    assert copies() == ["Copy"]


def test_what_has_ended_is_not_copied(business: Business, source: RateGroup) -> None:
    rate_end(actor=business.actor, rate=Rate.objects.get(group=source, days__gt=0))
    ended(start(business))
    made = RateGroup.objects.get(name="Copy")
    assert [one[0] for one in told(made)] == ["44", "880"]


def test_a_decimal_price_is_marked_up_and_rounded_as_it_is_in_the_request(
    business: Business,
) -> None:
    rate(business.group, "1", "0.0105", period=read_period("sat,sun 00:00-24:00"))
    mark_up = MarkUp(Decimal("33.3"), Decimal("-0.001"), decimals=4, is_up=True)
    ended(copy_start(actor=business.actor, group=business.group, name="Copy", mark_up=mark_up))
    # 0.0105 × 1.333 = 0.0139965; less 0.001 is 0.0129965, up to four decimals.
    assert Rate.objects.get(group__name="Copy").price == Decimal("0.0130")

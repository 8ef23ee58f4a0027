"""The comparison of two groups as a file, whatever their size (docs/domain.md 7)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.models import AuditEntry, User
from accounts.jobs.models import Job
from billing.rates.queries import pairs_of
from billing.rates.services.groups import group_delete
from billing.rates.views import compare
from billing.wallets.models import RateGroup
from tests.billing.rates.conftest import Business
from tests.factories.rates import rate, rate_group
from tests.support.buying import buys_at
from tests.support.jobs import ended
from tests.support.pages import markup_of, part_of, words_of
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db
COMPARE = reverse("billing:rate-compare")
EXPORT = reverse("billing:rate-compare-export")


@pytest.fixture
def bought_at(business: Business) -> RateGroup:
    """What `business.agent` pays; it sells 880 for less, and 44 at what cannot be bought."""
    made = rate_group(business.top, "Bought at")
    rate(made, "880", "0.03", destination="Bangladesh")
    rate(made, "1", "0.001")
    buys_at(business.agent, made)
    rate(business.group, "880", "0.02", destination="Bangladesh", first_block=30, increment=6)
    rate(business.group, "1", "0.01", destination="USA")
    rate(business.group, "44", "0.01", destination="UK")
    return made


@pytest.fixture
def browser(business: Business, client_of: Callable[[User], Client]) -> Client:
    return client_of(business.login)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page compares four rates, and a file of more than three rows is a job's."""
    monkeypatch.setattr(compare, "MOST", 4)
    monkeypatch.setattr("accounts.portal.views.exports.IN_REQUEST", 3)


def asked(business: Business, bought_at: RateGroup, **more: str) -> str:
    return urlencode({"sell": business.group.key, "buy": bought_at.key, **more})


def test_a_file_has_what_the_page_has_the_largest_loss_first(
    business: Business, bought_at: RateGroup, browser: Client
) -> None:
    page = browser.get(f"{COMPARE}?{asked(business, bought_at)}")
    address = f"{EXPORT}?{asked(business, bought_at, seconds='', q='')}&format=csv"
    assert address.replace("&", "&amp;") in markup_of(page)
    first, second, third = read_csv(browser.get(address))
    # Three minutes: 0.06 sold, 0.09 paid.
    assert first == {
        "Prefix": "880",
        "Destination": "Bangladesh",
        "Remark": "below cost",
        "Sell at, per minute": "0.02",
        "Sell block": "30/6",
        "Sell prefix": "880",
        "Buy at, per minute": "0.03",
        "Buy block": "60/60",
        "Buy prefix": "880",
        "Sold": "0.06",
        "Cost": "0.09",
        "Margin": "-0.03",
        "Margin, %": "-50",
    }
    assert (second["Prefix"], second["Remark"], second["Margin"]) == ("1", "", "0.027")
    assert (third["Prefix"], third["Remark"], third["Cost"]) == ("44", "cannot be bought", "")
    entry = AuditEntry.objects.get(action="rate_compare.export")
    assert entry.after["rows"] == 3
    assert entry.after["filters"]["buy"] == "Bought at"


def test_a_file_is_narrowed_as_the_page_is(
    business: Business, bought_at: RateGroup, browser: Client
) -> None:
    address = f"{EXPORT}?{asked(business, bought_at, q='usa', seconds='30')}&format=csv"
    (line,) = read_csv(browser.get(address))
    assert (line["Prefix"], line["Sold"]) == ("1", "0.01")


def test_only_prices_in_effect_are_compared(
    business: Business, bought_at: RateGroup, browser: Client
) -> None:
    rate(business.group, "7", "0.01", since=timezone.now() + timedelta(hours=1))
    rate(bought_at, "44", "0.05", since=timezone.now() + timedelta(hours=1))
    lines = read_csv(browser.get(f"{EXPORT}?{asked(business, bought_at)}&format=csv"))
    assert [line["Prefix"] for line in lines] == ["880", "1", "44"]


@time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False)  # a Wednesday
def test_hours_are_those_of_the_zone_of_each_group(business: Business) -> None:
    """Noon in UTC is six in the evening in Dhaka."""
    sell = rate_group(business.agent, "Sell", time_zone="Asia/Dhaka")
    buy = rate_group(business.agent, "Buy")
    for group in (sell, buy):
        rate(group, "880", "0.01")
        rate(group, "880", "0.02", period="wed 17:00-19:00")
        rate(group, "880", "0.03", period="wed 11:00-13:00")
    (pair,) = pairs_of(sell, buy, timezone.now(), 60)
    assert (pair.sold, pair.bought) == (Decimal("0.02"), Decimal("0.03"))


def test_larger_groups_are_compared_by_a_worker(
    business: Business, bought_at: RateGroup, browser: Client, small_pages: None
) -> None:
    page = browser.get(f"{COMPARE}?{asked(business, bought_at)}")
    assert "They have more than 4 rates together. A worker compares them" in words_of(page)
    address = f"{EXPORT}?{asked(business, bought_at, seconds='', q='')}&format=csv"
    assert address.replace("&", "&amp;") in markup_of(page)
    answer = browser.get(address)
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, reverse("job", args=[job.pk]))
    assert ended(job) == (Job.State.DONE, "")
    output = reverse("job-output", args=[job.pk, 1])
    assert output in markup_of(browser.get(answer["Location"]))
    lines = read_csv(browser.get(output))
    assert [line["Prefix"] for line in lines] == ["880", "1", "44"]


def test_a_comparison_of_several_files_goes_on_where_it_stood(
    business: Business,
    bought_at: RateGroup,
    browser: Client,
    small_pages: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("accounts.jobs.services.exports.MOST_ROWS", 2)
    browser.get(f"{EXPORT}?{asked(business, bought_at)}&format=csv")
    job = Job.objects.get()
    assert ended(job) == (Job.State.DONE, "")
    assert job.total == 3
    found = [
        [line["Prefix"] for line in read_csv(browser.get(reverse("job-output", args=[job.pk, at])))]
        for at in (1, 2)
    ]
    assert found == [["880", "1"], ["44"]]


def test_a_group_that_is_gone_by_then_is_not_compared(
    business: Business, bought_at: RateGroup, browser: Client, small_pages: None
) -> None:
    browser.get(f"{EXPORT}?{asked(business, bought_at)}&format=csv")
    group_delete(actor=business.actor, group=business.group)
    assert ended(Job.objects.get())[0] == Job.State.FAILED


def test_a_group_that_is_not_seen_is_in_no_file(
    business: Business, bought_at: RateGroup, browser: Client
) -> None:
    secret = rate_group(business.top, "Secret")
    answer = browser.get(f"{EXPORT}?{asked(business, secret)}&format=csv")
    assert (answer.status_code, answer["Location"]) == (302, COMPARE)
    assert not AuditEntry.objects.filter(action="rate_compare.export").exists()


def test_the_groups_page_says_that_it_did_not_look(
    business: Business, bought_at: RateGroup, browser: Client, small_pages: None
) -> None:
    url = reverse("billing:rate-below-cost", args=[business.group.pk])
    page = part_of(browser.get(url), "Compare")
    assert "this group and Bought at have more than 4 rates together" in page
    assert asked(business, bought_at).replace("&", "&amp;") in page

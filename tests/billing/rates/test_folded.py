"""The rates of a group by country: heads with what stands below them, one of them open."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.kit.outage import Away
from billing.rates.drafts import RateDraft
from billing.rates.services.loading import rates_load
from billing.rates.services.rates import rate_end
from tests.billing.rates.conftest import Business
from tests.factories.rates import LONG_AGO, rate
from tests.support.pages import markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


@pytest.fixture
def browser(business: Business, client_of: Callable[[User], Client]) -> Client:
    return client_of(business.login)


def load(business: Business, *prefixes: str, price: str = "0.02") -> None:
    drafts = [RateDraft(one, Decimal(price), f"To {one}", since=LONG_AGO) for one in prefixes]
    rates_load(actor=SYSTEM, group=business.group, drafts=drafts)


def opened(browser: Client, business: Business, **parameters: str) -> Any:
    return browser.get(reverse("billing:rate-group", args=[business.group.pk]), parameters)


def heads(response: Any) -> list[str]:
    """What each head says: "880 Bangladesh 2 rates 0.0100 – 0.0300"."""
    rows = re.findall(r'<tr class="fold">(.*?)</tr>', markup_of(response))
    return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in rows]


def shown(response: Any) -> list[str]:
    """The prefixes that stand in the list."""
    cells = re.findall(r'<a class="mono[^"]*" href="[^"]*">(.*?)</a></th>', markup_of(response))
    return [re.sub(r"<[^>]*>", "", one) for one in cells]


def test_heads_say_how_many_rates_stand_below_and_what_they_cost(
    business: Business, browser: Client
) -> None:
    load(business, "880", "8801", price="0.03")
    rate(business.group, "88017", "0.01", is_locked=True)
    rate(business.group, "44", "0.5")
    rate(
        business.group,
        "44",
        "0.4",
        since=datetime(2099, 1, 1, tzinfo=UTC),
        period="sat 08:00-09:00",
    )
    page = opened(browser, business, by="country")
    assert heads(page) == [
        "44 United Kingdom and others 2 rates 0.4000 – 0.5000 1 coming",
        "880 Bangladesh 3 rates 0.0100 – 0.0300 1 locked",
    ]
    assert "2 countries, 5 rates" in text_of(page)
    assert shown(page) == []


def test_an_address_opens_a_country(business: Business, browser: Client) -> None:
    load(business, "880", "8801", "88017", "44", "91")
    page = opened(browser, business, by="country", open="880")
    assert shown(page) == ["880", "8801", "88017"]
    assert 'class="mono pfx d2"' in markup_of(page)
    assert [one.split()[0] for one in heads(page)] == ["44", "880", "91"]
    links = re.findall(r'href="(\?[^"#]*)#fold-880"[^>]*aria-expanded="true"', markup_of(page))
    assert links == ["?by=country&amp;open="]
    assert shown(opened(browser, business, by="country", open="7")) == []


def test_the_only_country_is_open(business: Business, browser: Client) -> None:
    load(business, "880", "8801")
    assert shown(opened(browser, business, by="country")) == ["880", "8801"]
    assert shown(opened(browser, business, by="country", open="")) == []


def test_what_fits_on_a_page_stands_unfolded_and_more_does_not(
    business: Business, browser: Client
) -> None:
    load(business, *map(str, range(200, 225)))
    page = opened(browser, business, size="25")
    assert (len(shown(page)), heads(page)) == (25, [])
    load(business, "39")
    assert len(heads(opened(browser, business, size="25"))) > 1
    flat = opened(browser, business, size="25", by="prefix")
    assert (len(shown(flat)), heads(flat)) == (25, [])


@pytest.mark.parametrize(
    "asked", [{"q": "8801"}, {"lock": "open"}, {"hours": "all"}, {"sort": "-price"}]
)
def test_what_is_sought_or_sorted_stands_unfolded(
    business: Business, browser: Client, asked: dict[str, str]
) -> None:
    load(business, "8801", "8802", "44")
    page = opened(browser, business, by="country", **asked)
    assert "8801" in shown(page)
    assert heads(page) == []


def test_pages_of_a_country_are_turned_below_its_rows(business: Business, browser: Client) -> None:
    prefixes = [f"8801{at}" for at in range(10, 70)]
    load(business, *prefixes, "44")
    address = reverse("billing:rate-group", args=[business.group.pk])
    found, query = [], "?open=880&size=25"
    for _page in range(3):
        page = browser.get(address + query)
        found += shown(page)
        links = re.findall(r'id="fold-next" rel="next" href="([^"#]*)#fold-880"', markup_of(page))
        query = (links or [""])[0].replace("&amp;", "&")
    assert found == prefixes
    assert query == ""


def test_ended_and_coming_rates_are_folded_as_well(business: Business, browser: Client) -> None:
    load(business, "880", "44")
    rate(business.group, "91", "0.01", since=datetime(2099, 1, 1, tzinfo=UTC))
    assert len(heads(opened(browser, business, by="country"))) == 3
    coming = heads(opened(browser, business, by="country", when="coming"))
    assert coming == ["91 India 1 rate 0.0100 1 coming"]


def test_heads_follow_every_change_and_the_clock(business: Business, browser: Client) -> None:
    soon = timezone.now() + timedelta(minutes=10)
    old = rate(business.group, "880", "0.01")
    rate(business.group, "20", "0.02", until=soon)
    rate(business.group, "91", "0.03", since=soon)

    def told() -> list[str]:
        return heads(opened(browser, business, by="country", when="now"))

    assert told() == ["20 Egypt 1 rate 0.0200", "880 Bangladesh 1 rate 0.0100"]
    rate_end(actor=business.actor, rate=old)
    assert told() == ["20 Egypt 1 rate 0.0200"]
    with time_machine.travel(soon, tick=False):
        assert told() == ["91 India 1 rate 0.0300"]


def test_a_cache_that_is_away_costs_time_and_no_page(
    business: Business, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(business, "880", "44")

    def away(*_args: object, **_more: object) -> None:
        raise Away("cache")

    monkeypatch.setattr(cache, "get", away)
    monkeypatch.setattr(cache, "set", away)
    assert len(heads(opened(browser, business, by="country"))) == 2


def test_a_folded_list_costs_the_same_however_many_rates_there_are(
    business: Business, browser: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    def asked() -> tuple[int, int]:
        counts = []
        # What was kept of the group is of no use after it has changed: once more is read then.
        for _turn in range(2):
            with django_assert_max_num_queries(40) as queries:
                assert shown(opened(browser, business, by="country", open="880"))
            counts.append(len(queries))
        return counts[0], counts[1]

    load(business, "880")
    asked()
    load(business, "44")
    few = asked()
    load(business, *map(str, range(8801, 8809)), *map(str, range(200, 260)))
    assert asked() == few

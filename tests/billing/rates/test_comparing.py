"""What is sold beside what it costs: below cost first (docs/domain.md 7)."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.models import User
from billing.money import to_micros
from billing.rates.comparing import Offer, compared, key_of, of_the_hour, ranked, ranked_prefixes
from billing.rates.periods import read_period
from tests.billing.rates.conftest import Business
from tests.factories.rates import rate, rate_group
from tests.support.buying import buys_at
from tests.support.pages import markup_of

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
COMPARE = reverse("billing:rate-compare")


def one(prefix: str, price: str, **more: Any) -> Offer:
    blocks, period = more.pop("blocks", (60, 60)), more.pop("period", None)
    hours = (period.days, period.begin, period.end) if period else (0, 0, 0)
    fee = to_micros(Decimal(more.pop("fee", 0)))
    return Offer(prefix, more.pop("destination", ""), to_micros(Decimal(price)), fee, *blocks,
                 more.pop("is_locked", False), *hours)  # fmt: skip


def pairs(
    sell: list[Offer], buy: list[Offer], seconds: int = 60, zone: str = "UTC"
) -> list[tuple[str, str]]:
    local = AT.astimezone(ZoneInfo(zone))
    sides = [list(of_the_hour(offers, local)) for offers in (sell, buy)]
    found = ranked(compared(*sides, seconds))
    # The same order in less memory.
    assert ranked_prefixes(compared(*sides, seconds)) == [key_of(pair.prefix) for pair in found]
    return [
        (pair.prefix, "none" if pair.margin is None else f"{pair.margin:.4f}") for pair in found
    ]


def test_the_largest_loss_comes_first_and_what_cannot_be_bought_last() -> None:
    sell = [one("1", "0.01"), one("44", "0.02"), one("88", "0.05"), one("99", "0.01")]
    buy = [one("1", "0.012"), one("44", "0.05"), one("88", "0.01")]
    assert pairs(sell, buy) == [
        ("44", "-0.0300"),
        ("1", "-0.0020"),
        ("88", "0.0400"),
        ("99", "none"),
    ]


def test_what_earns_the_same_stands_by_prefix() -> None:
    sell = [one("1", "0.02"), one("12", "0.02"), one("2", "0.02"), one("3", "0.01")]
    buy = [one("1", "0.01"), one("2", "0.01")]
    assert [prefix for prefix, _left in pairs(sell, buy)] == ["1", "12", "2", "3"]


def test_a_longer_prefix_of_either_side_is_looked_at() -> None:
    """880 earns, 88018 of it loses: the cost changes there."""
    sell = [one("880", "0.02")]
    buy = [one("880", "0.01"), one("88018", "0.03")]
    assert pairs(sell, buy) == [("88018", "-0.0100"), ("880", "0.0100")]


def test_behind_a_longer_prefix_the_shorter_one_counts_again() -> None:
    sell = [one("1", "0.02"), one("12", "0.05"), one("13", "0.03"), one("2", "0.01")]
    buy = [one("1", "0.01"), one("125", "0.02"), one("14", "0.04")]
    assert pairs(sell, buy) == [
        ("14", "-0.0200"),
        ("1", "0.0100"),
        ("13", "0.0200"),
        ("125", "0.0300"),
        ("12", "0.0400"),
        ("2", "none"),
    ]


def test_blocks_make_short_calls_dear() -> None:
    sell = [one("1", "0.02", blocks=(1, 1))]
    buy = [one("1", "0.015", blocks=(60, 60))]
    assert pairs(sell, buy, seconds=30) == [("1", "-0.0050")]
    assert pairs(sell, buy, seconds=60) == [("1", "0.0050")]


def test_fees_and_the_blocks_beyond_the_first_are_part_of_it() -> None:
    """60 s: sold 30/20, 70 s of 0.06, 0.07 and a fee of 0.01; bought 60/60, 0.02 and 0.005."""
    sell = [one("1", "0.06", fee="0.01", blocks=(30, 20))]
    buy = [one("1", "0.02", fee="0.005")]
    assert pairs(sell, buy) == [("1", "0.0550")]


def test_a_prefix_keeps_its_zeros() -> None:
    assert len({key_of(prefix) for prefix in ("0", "00", "01", "1", "001")}) == 5


def test_what_is_locked_is_neither_sold_nor_bought() -> None:
    sell = [one("1", "0.02"), one("44", "0.02", is_locked=True)]
    buy = [one("1", "0.01", is_locked=True), one("44", "0.01")]
    assert pairs(sell, buy) == [("1", "none")]


@pytest.mark.parametrize("is_timed_first", [True, False])
def test_prices_of_the_hour_go_first(is_timed_first: bool) -> None:
    sell = [one("1", "0.02"), one("1", "0.04", period=read_period("wed 17:00-19:00"))]
    if is_timed_first:
        sell.reverse()
    buy = [one("1", "0.01")]
    assert pairs(sell, buy) == [("1", "0.0100")]
    # Noon in UTC is six in the evening in Dhaka.
    assert pairs(sell, buy, zone="Asia/Dhaka") == [("1", "0.0300")]


def test_what_has_a_price_for_other_hours_alone_is_not_sold() -> None:
    assert (
        pairs([one("1", "0.04", period=read_period("wed 17:00-19:00"))], [one("1", "0.01")]) == []
    )


def test_a_price_of_the_hour_goes_before_the_one_of_the_day_in_whatever_order() -> None:
    of_the_hour = one("1", "0.04", period=read_period("wed 11:00-13:00"))
    assert pairs([of_the_hour, one("1", "0.02")], [one("1", "0.01")]) == [("1", "0.0300")]


def test_a_prefix_is_bought_at_the_longest_it_begins_with() -> None:
    """89 follows three that nest in one another, and begins with the first of them alone."""
    buy = [one("8", "0.01"), one("880", "0.02"), one("8801", "0.03"), one("89", "0.04")]
    assert pairs([one("8", "0.05")], buy) == [
        ("89", "0.0100"),
        ("8801", "0.0200"),
        ("880", "0.0300"),
        ("8", "0.0400"),
    ]
    assert pairs([one("8802", "0.05")], buy) == [("8802", "0.0300")]
    assert pairs([one("89", "0.05")], buy[:3]) == [("89", "0.0400")]


@pytest.mark.parametrize(
    ("sold", "bought", "margin", "share", "is_below_cost"),
    [
        ("0.02", "0.015", "0.005", "25", False),
        ("0.02", "0.025", "-0.005", "-25", True),
        # What is sold for what it costs is not sold below it.
        ("0.02", "0.02", "0", "0", False),
        # A share of nothing is none.
        ("0", "0.01", "-0.01", None, True),
        # What cannot be bought is no loss.
        ("0.02", None, None, None, False),
    ],
)
def test_the_margin_is_what_is_sold_less_what_is_paid(
    sold: str, bought: str | None, margin: str | None, share: str | None, is_below_cost: bool
) -> None:
    buy = [] if bought is None else [one("1", bought)]
    (pair,) = compared([one("1", sold)], buy, 60)
    wanted = [None if text is None else Decimal(text) for text in (margin, share)]
    assert [pair.margin, pair.percent, pair.is_below_cost] == [*wanted, is_below_cost]


@pytest.mark.parametrize(
    ("ours", "theirs", "name"),
    [("Our name", "Their name", "Our name"), ("", "Their name", "Their name"), ("", "", "")],
)
def test_a_destination_is_called_as_it_is_sold(ours: str, theirs: str, name: str) -> None:
    sides = [[one("1", "0.01", destination=text)] for text in (ours, theirs)]
    (pair,) = compared(*sides, 60)
    assert pair.destination == name


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def browser(self, business: Business, client_of: Callable[[User], Client]) -> Client:
        bought_at = rate_group(business.top, "Bought at")
        rate(bought_at, "880", "0.03", destination="Bangladesh")
        rate(bought_at, "1", "0.001")
        buys_at(business.agent, bought_at)
        rate(business.group, "880", "0.02", destination="Bangladesh")
        rate(business.group, "1", "0.01", destination="USA")
        self.url = f"{COMPARE}?sell={business.group.key}&buy={bought_at.key}"
        return client_of(business.login)

    def test_an_agent_compares_what_it_sells_with_what_it_pays(self, browser: Client) -> None:
        page = browser.get(self.url).content.decode()
        assert page.index("Bangladesh") < page.index("USA")
        # Three minutes: 0.06 sold, 0.09 paid.
        assert "−0.03" in page

    def test_it_is_narrowed_by_prefix_and_by_words(self, browser: Client) -> None:
        assert "USA" not in markup_of(browser.get(f"{self.url}&q=%2B880"))
        assert "USA" in markup_of(browser.get(f"{self.url}&q=usa"))

    def test_the_group_it_pays_at_is_chosen_already(self, browser: Client) -> None:
        page = browser.get(COMPARE).content.decode()
        assert "selected>Bought at" in page

    def test_a_group_that_is_not_seen_cannot_be_chosen(
        self, business: Business, browser: Client
    ) -> None:
        secret = rate_group(business.top, "Secret")
        answer = browser.get(f"{COMPARE}?sell={business.group.key}&buy={secret.key}")
        assert "Secret" not in markup_of(answer, 422)

    def test_the_groups_page_says_what_is_sold_below_cost(
        self, business: Business, browser: Client
    ) -> None:
        url = reverse("billing:rate-below-cost", args=[business.group.pk])
        page = browser.get(url).content.decode()
        assert "1 destination is sold below what you pay" in page
        assert "Bangladesh" in page

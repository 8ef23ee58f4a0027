"""What lists and checks read of rate groups: whom they count, and what has ended (docs/domain.md
2, 7).
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from billing.rates.counting import GroupFigures
from billing.rates.models import Rate
from billing.rates.queries import (
    alive_count,
    figures_of,
    history_of,
    listed_rates,
    used_by,
    users_of,
)
from billing.rates.queries.integrity import rates_found
from billing.rates.services.rates import rate_end
from tests.billing.rates.conftest import NOW, Business
from tests.factories import AccountFactory, StaffFactory
from tests.factories.rates import rate, rate_group
from tests.support.buying import buys_at
from tests.support.sabotage import plant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
DAY = timedelta(days=1)


@pytest.fixture
def lively(business: Business) -> Business:
    """A group with a rate in effect, two to come, one that ends in this moment, and one that was
    taken back.
    """
    rate(business.group, "880", "0.01")
    rate(business.group, "91", "0.02", since=NOW + 3 * DAY)
    rate(business.group, "92", "0.02", since=NOW + 2 * DAY)
    rate(business.group, "94", "0.03", until=NOW)
    rate_end(actor=SYSTEM, rate=rate(business.group, "95", "0.04", since=NOW + DAY))
    return business


def test_what_a_list_says_of_a_group(lively: Business) -> None:
    buys_at(lively.customer, lively.group)
    (figures,) = figures_of(lively.actor, [lively.group], NOW).values()
    assert figures == GroupFigures(1, 3, NOW + 2 * DAY, is_bought_at=False)


def test_whether_the_reader_itself_buys_at_it(business: Business) -> None:
    bought_at = rate_group(business.top, "Bought at", is_shared=True)
    for one in (business.agent, business.customer):
        buys_at(one, bought_at)
    found = figures_of(business.actor, [bought_at, business.group], NOW)
    assert found[bought_at.pk] == GroupFigures(1, 0, None, is_bought_at=True)
    assert not found[business.group.pk].is_bought_at


def test_own_accounts_closed_ones_and_those_elsewhere_are_not_counted(business: Business) -> None:
    group = rate_group(None, "World", is_shared=True)
    closed = AccountFactory(account_id="Closed", parent=business.agent)
    sibling = AccountFactory(account_id="Sibling", parent=business.top)
    for one in (business.agent, business.customer, closed, sibling):
        buys_at(one, group)
    plant(closed, status="closed")

    def users(actor: Any) -> set[str]:
        wallets = users_of(actor).filter(rate_group=group)
        return set(wallets.values_list("account__account_id", flat=True))

    assert users(business.actor) == {"Customer"}
    assert used_by(business.actor, group) == (1, 0)
    administrator = actor_for(StaffFactory(administrator=True))
    assert users(administrator) == {"Agent", "Customer", "Sibling"}


def test_how_many_rates_are_alive_is_counted_so_far(lively: Business) -> None:
    assert alive_count(lively.group, NOW, 10) == 3
    assert alive_count(lively.group, NOW, 1) == 2


def test_a_deck_of_a_group_has_what_counts_and_what_is_to_come(lively: Business) -> None:
    found = listed_rates(lively.group, NOW).order_by("prefix")
    assert [one.prefix for one in found] == ["880", "91", "92"]


def test_the_history_of_a_prefix_begins_with_the_latest(business: Business) -> None:
    first = rate(business.group, "880", "0.01", until=NOW + DAY)
    second = rate(business.group, "880", "0.02", since=NOW + DAY, until=NOW + 2 * DAY)
    void = rate(business.group, "880", "0.03", since=NOW + 2 * DAY)
    rate_end(actor=SYSTEM, rate=void)
    assert list(history_of(business.group, "880", with_void=False)) == [second, first]
    assert list(history_of(business.group, "880", with_void=True)) == [void, second, first]


# --- The daily check


def planted(business: Business, since: datetime) -> None:
    """A rate beside others, as no service writes it."""
    Rate.objects.bulk_create(
        [Rate(group=business.group, prefix="880", price=0, effective_from=since)]
    )


def test_one_after_the_other_and_in_other_groups_is_no_collision(business: Business) -> None:
    rate(business.group, "880", "0.01", until=NOW)
    rate(business.group, "880", "0.02", since=NOW)
    rate(rate_group(business.agent, "Other"), "880", "0.02")
    rate_end(actor=SYSTEM, rate=rate(business.group, "91", "0.01", since=NOW + DAY))
    assert rates_found().lines == ("3 rates.",)


def test_one_that_lasts_long_meets_a_late_one(business: Business) -> None:
    rate(business.group, "880", "0.01", until=NOW + 9 * DAY)
    planted(business, NOW + 8 * DAY)
    assert "rates that could apply at once: Retail 880" in rates_found().lines


@pytest.mark.parametrize("whose", ["before", "after", "below", "itself", "elsewhere"])
def test_a_group_is_bought_at_from_above_alone(business: Business, whose: str) -> None:
    """An account buys at a group of a sibling that stands before it or after it in the tree, of one
    below it, of its own, or of a larger business.
    """
    account = AccountFactory(account_id="Account", parent=business.top)
    other = AccountFactory(account_id="Larger")
    for _one in range(5):
        AccountFactory(parent=other)
    owners: dict[str, Account] = {
        "before": business.agent,
        "after": AccountFactory(account_id="Zulu", parent=business.top),
        "below": AccountFactory(parent=account),
        "itself": account,
        "elsewhere": other,
    }
    buys_at(account, rate_group(Account.objects.get(pk=owners[whose].pk), "Odd"))
    assert "accounts that buy at a group from elsewhere: Account" in rates_found().lines


def test_and_may_be_bought_at_by_all_below(business: Business) -> None:
    buys_at(business.customer, rate_group(business.top, "Above"))
    buys_at(business.agent, rate_group(business.top, "Other"))
    buys_at(business.top, rate_group(None, "World"))
    assert rates_found().is_sound

"""The question behind the page: how it is asked, and what it takes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import NOBODY, SYSTEM, actor_for
from accounts.core.models import Account, User
from accounts.kit.errors import NotInScope
from billing.rates.answers import Problem
from billing.rates.drafts import RateDraft
from billing.rates.queries import group_bought_at, levels, price_chain
from billing.rates.services.loading import rates_load
from billing.rates.services.rates import rate_end
from billing.wallets.queries import groups_named
from tests.factories import AccountFactory, ResellerTree, grant
from tests.factories.fixtures import signed_in
from tests.factories.rates import LONG_AGO, Deck, rate, rate_group
from tests.support.buying import buys_at
from tests.support.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache", "deck")]

NUMBER = "8801819442207"
NOW = datetime(2026, 11, 22, 4, 14, tzinfo=UTC)


def test_the_levels_are_plain_data(tree: ResellerTree) -> None:
    answer = levels(SYSTEM, tree.customer, NUMBER, 337, NOW)
    assert [
        (one.level.account_id, one.level.group_name, one.rate and one.rate.prefix, one.amount)
        for one in answer.prices
    ] == [
        ("Customer-001", "Dhaka Retail Std", "88018", Decimal("0.144")),
        ("Dhaka-Retail-Sub", "BDW Retail A", "8801", Decimal("0.1083")),
        ("BD-Wholesale-Agent", "Wholesale BD Gold", "88018", Decimal("0.087058")),
    ]
    assert answer.may_be_called
    assert [answer.kept_by(at) for at in range(3)] == [
        None, Decimal("0.0357"), Decimal("0.021242"),
    ]  # fmt: skip


def test_what_is_above_is_no_part_of_an_agents_answer(tree: ResellerTree, in_dhaka: User) -> None:
    answer = levels(actor_for(in_dhaka), tree.customer, NUMBER, 337, NOW)
    assert [one.level.account_id for one in answer.prices] == ["Customer-001", "Dhaka-Retail-Sub"]
    assert not answer.is_refused_above
    buys_at(tree.top, None)
    answer = levels(actor_for(in_dhaka), tree.customer, NUMBER, 337, NOW)
    assert (answer.is_refused_above, answer.may_be_called, answer.refusing) == (True, False, None)


def test_the_lowest_level_that_refuses_is_named_first(tree: ResellerTree, deck: Deck) -> None:
    buys_at(tree.top, None)
    rate(deck.retail, "8801819", "0.01", is_locked=True)
    answer = levels(SYSTEM, tree.customer, NUMBER, 337, NOW)
    assert [one.problem for one in answer.prices] == [None, Problem.LOCKED, Problem.NO_GROUP]
    assert answer.refusing is answer.prices[1]
    # What is locked is charged at its price if it was called all the same.
    assert answer.prices[1].amount == Decimal("0.06")


def test_nobody_asks_about_what_is_foreign(tree: ResellerTree, in_dhaka: User) -> None:
    for account in (tree.top, tree.sibling_customer, tree.other_customer):
        with pytest.raises(NotInScope):
            levels(actor_for(in_dhaka), account, NUMBER, 60, NOW)
    with pytest.raises(NotInScope):
        levels(NOBODY, tree.customer, NUMBER, 60, NOW)


def test_a_rate_that_was_taken_back_never_counts(tree: ResellerTree, deck: Deck) -> None:
    begin = datetime(2099, 1, 1, tzinfo=UTC)
    one = rate(deck.standard, "8801819", "9", since=begin)
    assert levels(SYSTEM, tree.customer, NUMBER, 60, begin).asked.amount == Decimal(9)
    rate_end(actor=SYSTEM, rate=one)
    assert levels(SYSTEM, tree.customer, NUMBER, 60, begin).asked.amount == Decimal("0.024")


def test_a_prefix_of_fifteen_digits_is_asked(tree: ResellerTree, deck: Deck) -> None:
    whole = "880181944220712"
    rate(deck.standard, whole, "0.5")
    rate(deck.standard, whole[:14], "0.4")
    assert levels(SYSTEM, tree.customer, whole, 60, NOW).asked.amount == Decimal("0.5")


def test_hours_are_those_of_each_groups_own_zone(tree: ResellerTree) -> None:
    """14:14 UTC on a Sunday is 20:14 in Dhaka."""
    in_dhaka = rate_group(name="Evening in Dhaka", time_zone="Asia/Dhaka")
    in_utc = rate_group(name="Evening in UTC")
    for group in (in_dhaka, in_utc):
        rate(group, "880", "0.01")
        rate(group, "880", "0.02", period="sun 20:00-21:00")
    buys_at(tree.customer, in_dhaka)
    buys_at(tree.agent, in_utc)
    evening = datetime(2026, 11, 22, 14, 14, tzinfo=UTC)
    answer = levels(SYSTEM, tree.customer, NUMBER, 60, evening)
    assert [one.amount for one in answer.prices[:2]] == [Decimal("0.02"), Decimal("0.01")]


def test_what_fits_a_number_stands_with_the_longest_first(tree: ResellerTree, deck: Deck) -> None:
    coming = datetime(2099, 1, 1, tzinfo=UTC)
    rate(deck.standard, "88018", "0.5", period="20:00-21:00")
    rate(deck.standard, "8801819", "0.6", since=coming)
    chain = price_chain(SYSTEM, tree.customer, [NUMBER], NOW)
    found = chain.candidates(chain.shown[0], NUMBER)
    assert [(one.prefix, str(one.price.per_minute.normalize())) for one in found] == [
        ("8801819", "0.6"),
        ("88018", "0.5"),
        ("88018", "0.024"),
        ("8801", "0.025"),
        ("880", "0.041"),
    ]


def test_which_groups_somebody_may_name(
    tree: ResellerTree, in_dhaka: User, at_the_customer: User
) -> None:
    rate_group(tree.sub_agent, name="Below")
    rate_group(tree.sibling, name="Beside")
    rate_group(tree.top, name="Shared", is_shared=True)
    rate_group(name="Of the platform", is_shared=True)
    grant(tree.agent, "manage_account")

    def named(login: User) -> set[str]:
        return set(groups_named(actor_for(login)).values_list("name", flat=True))

    assert named(in_dhaka) == {
        "Dhaka Retail Std", "BDW Retail A", "Below", "Shared", "Of the platform",
    }  # fmt: skip
    # It may not sell on, and is told of nothing that is shared.
    assert named(at_the_customer) == {"Dhaka Retail Std"}
    assert not groups_named(NOBODY).exists()


def test_what_an_account_buys_at_is_named_as_far_as_may_be(
    tree: ResellerTree, deck: Deck, in_dhaka: User
) -> None:
    actor = actor_for(in_dhaka)
    assert group_bought_at(actor, tree.customer).group_name == "Dhaka Retail Std"
    assert group_bought_at(actor, tree.customer_2).group_pk is None
    buys_at(tree.customer_2, deck.gold)
    hidden = group_bought_at(actor, tree.customer_2)
    assert (hidden.group_pk, hidden.group_name) == (deck.gold.pk, "")


def test_the_rates_of_a_group_below_are_not_looked_at(
    tree: ResellerTree, deck: Deck, in_dhaka: User
) -> None:
    """Its name is known to the level above, and what it charges; not the rest of its prices."""
    below = rate_group(tree.sub_agent, name="Below")
    rate(below, "880", "0.05")
    buys_at(tree.deep_customer, below)
    level = group_bought_at(actor_for(in_dhaka), tree.deep_customer)
    assert (level.group_name, level.is_group_seen) == ("Below", False)
    chain = price_chain(actor_for(in_dhaka), tree.deep_customer, [NUMBER], NOW)
    assert chain.answer(NUMBER, 60).asked.amount == Decimal("0.05")
    assert chain.candidates(chain.shown[0], NUMBER) == []


# --- How much it takes ----------------------------------------------------------------------------


def deep(tree: ResellerTree, deck: Deck) -> Account:
    """An account as deep as accounts may be, every level at a group of its own."""
    above = tree.top
    for _step in range(7):
        above.refresh_from_db()
        above = AccountFactory(parent=above)
        group = rate_group(tree.top, name=f"For {above.account_id}")
        rate(group, "8", "0.01")
        buys_at(above, group)
    return above


def fill(deck: Deck, count: int) -> None:
    """Prefixes that have nothing to do with the number, and some that nest around it."""
    some = [f"7{at:06d}" for at in range(count)]
    some += [NUMBER[:length] for length in range(6, 13)]
    drafts = [RateDraft(one, Decimal("0.01"), since=LONG_AGO) for one in some]
    assert rates_load(actor=SYSTEM, group=deck.standard, drafts=drafts) == len(some)


@pytest.mark.wide
def test_the_question_takes_four_queries_whatever_the_depth_and_the_decks(
    tree: ResellerTree, deck: Deck, django_assert_num_queries: Any, in_dhaka: User
) -> None:
    actor = actor_for(in_dhaka)
    with django_assert_num_queries(4):
        levels(actor, tree.customer, NUMBER, 60, NOW)
    account = deep(tree, deck)
    fill(deck, 2000)
    with django_assert_num_queries(4):
        assert levels(actor, tree.customer, NUMBER, 60, NOW).asked.rate
    with django_assert_num_queries(4):
        assert len(levels(SYSTEM, account, NUMBER, 60, NOW).prices) == 8
    numbers = [f"88018{at:08d}" for at in range(1000)]
    with django_assert_num_queries(4):
        chain = price_chain(SYSTEM, tree.customer, numbers, NOW)
    assert {chain.answer(one, 60).may_be_called for one in numbers} == {True}


@pytest.mark.wide
def test_the_page_takes_as_many_queries_for_a_list_as_for_two(
    tree: ResellerTree, deck: Deck, administrator: User
) -> None:
    client = signed_in(administrator)

    def queries(account: str, count: int) -> int:
        asked = {
            "account": account,
            "seconds": "60",
            "at": "",
            "numbers": "\n".join(f"88018{at:08d}" for at in range(count)),
        }
        client.post("/price/", asked)
        with CaptureQueriesContext(connection) as captured:
            assert f"{count:,} numbers" in words_of(client.post("/price/", asked)).replace(
                f"{count} numbers", f"{count:,} numbers"
            )
        return len(captured)

    few = queries("Customer-001", 2)
    account = deep(tree, deck)
    fill(deck, 500)
    assert queries(account.account_id, 1000) == few

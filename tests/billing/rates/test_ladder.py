"""What stays with whom, and why one rate counts and others do not, as the reader may know it
(docs/domain.md 2, 7). The prices are those of the reference pages (`deck`).
"""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, User
from billing.rates.answers import Answer, Level
from billing.rates.ladder import (
    candidates,
    group_url,
    group_words,
    kept_total,
    lengths,
    rungs,
    shares,
)
from billing.rates.queries import levels, price_chain
from tests.factories import ResellerTree
from tests.factories.rates import Deck, rate, rate_group
from tests.support.buying import buys_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deck")]

NUMBER = "8801819442207"
NOW = datetime(2026, 11, 22, 14, 14, tzinfo=UTC)  # a Sunday, 20:14 in Dhaka


def answer(actor: Actor, account: Account, seconds: int = 337) -> Answer:
    return levels(actor, account, NUMBER, seconds, NOW)


def parts(actor: Actor, account: Account) -> list[tuple[str, str, str]]:
    return [(one.label, one.amount, one.share) for one in shares(actor, answer(actor, account))]


def test_each_keeps_what_the_level_below_pays_less_what_it_pays(
    tree: ResellerTree, in_dhaka: User, at_the_top: User
) -> None:
    agent, top = actor_for(in_dhaka), actor_for(at_the_top)
    # 0.144 − 0.1083, and 0.1083 − 0.087058.
    assert kept_total(agent, answer(agent, tree.customer)) == (
        "0.035700", "stay with you, 24.8 %",
    )  # fmt: skip
    assert kept_total(top, answer(top, tree.customer)) == ("0.021242", "stay with you, 14.8 %")
    assert kept_total(SYSTEM, answer(SYSTEM, tree.customer)) == (
        "0.056942", "kept by 2 levels, 39.5 %",
    )  # fmt: skip


def test_nothing_is_kept_of_ones_own_calls(tree: ResellerTree, in_dhaka: User) -> None:
    actor = actor_for(in_dhaka)
    assert kept_total(actor, answer(actor, tree.agent)) is None
    assert parts(actor, tree.agent) == []


def test_where_the_money_goes(tree: ResellerTree, in_dhaka: User, at_the_top: User) -> None:
    assert parts(actor_for(in_dhaka), tree.customer) == [
        ("You keep", "0.035700", "24.8 %"),
        ("You pay for the call", "0.108300", "75.2 %"),
    ]
    assert parts(actor_for(at_the_top), tree.customer) == [
        ("Dhaka-Retail-Sub keeps", "0.035700", "24.8 %"),
        ("You keep", "0.021242", "14.8 %"),
        ("You pay for the call", "0.087058", "60.5 %"),
    ]
    assert parts(SYSTEM, tree.customer)[-1] == ("The platform is paid", "0.087058", "60.5 %")


def test_where_one_level_pays_nothing_known_no_part_is_drawn(
    tree: ResellerTree, deck: Deck
) -> None:
    """Two levels at the top know what they pay, and so does the account; the one between not."""
    buys_at(tree.deep_customer, deck.standard)
    assert [one.amount is None for one in answer(SYSTEM, tree.deep_customer).prices] == [
        False, True, False, False,
    ]  # fmt: skip
    assert parts(SYSTEM, tree.deep_customer) == []


def test_a_loss_is_said_as_one(tree: ResellerTree, deck: Deck, in_dhaka: User) -> None:
    actor = actor_for(in_dhaka)
    gain = rungs(actor, answer(actor, tree.customer))[0].kept
    rate(deck.standard, "8801819", "0.001")
    # 0.001 × 6 − 0.1083
    loss = rungs(actor, answer(actor, tree.customer))[0].kept
    assert gain is not None
    assert loss is not None
    assert (gain.amount, gain.is_loss) == ("+0.035700", False)
    assert (loss.amount, loss.is_loss) == ("−0.102300", True)
    assert [one.width for one in shares(actor, answer(actor, tree.customer))] == ["", ""]


def test_the_reader_and_the_asked_account_are_marked(tree: ResellerTree, in_dhaka: User) -> None:
    actor = actor_for(in_dhaka)
    found = rungs(actor, answer(actor, tree.customer))
    assert [(one.is_asked, one.is_own) for one in found] == [(True, False), (False, True)]


def test_blocks_are_drawn_where_they_begin(tree: ResellerTree, deck: Deck) -> None:
    """30 s, then every 6 s: 40 s are billed as 42, with blocks at 30 and at 36."""
    rate(deck.standard, "8801819", "0.06", first_block=30, increment=6)
    blocks = rungs(SYSTEM, answer(SYSTEM, tree.customer, 40))[0].blocks
    assert blocks is not None
    assert (blocks.talk, blocks.over) == ("95.24%", "4.76%")
    assert blocks.marks == ("71.43%", "85.71%")
    assert blocks.words == "30 s, then every 6 s: 40 s spoken, 42 s billed, 2 s not spoken"


def test_other_lengths_say_what_the_reader_keeps(tree: ResellerTree, in_dhaka: User) -> None:
    actor = actor_for(in_dhaka)
    chain = price_chain(actor, tree.customer, [NUMBER], NOW)
    found = {one.talk: one for one in lengths(actor, chain, chain.answer(NUMBER, 337))}
    # 0.024 at 60/60, and 0.019 at 30/6: 0.024 − 0.0095 of half a minute.
    assert found["0:30"].amounts == ("0.024000", "0.009500")
    assert (found["0:30"].kept, found["0:30"].share) == ("0.014500", "60.4 %")
    assert [talk for talk, one in found.items() if one.is_now] == ["5:37"]


# --- Groups


def test_a_group_that_is_not_looked_at_has_no_link_and_no_name(
    in_dhaka: User, at_the_top: User
) -> None:
    zone = ZoneInfo("UTC")
    hidden = Level(1, "Customer", 7, "", is_group_seen=False, zone=zone)
    assert group_url(hidden) == ""
    assert group_words(actor_for(in_dhaka), hidden) == "a group of a level above yours"
    assert group_words(actor_for(at_the_top), hidden) == "a group of the platform"
    seen = Level(1, "Customer", 7, "Retail", is_group_seen=True, zone=zone)
    assert group_url(seen).startswith("/rate-groups/")
    assert group_words(actor_for(in_dhaka), seen) == "Retail"
    assert group_words(SYSTEM, Level(1, "Customer")) == ""


# --- Why


def test_why_one_counts_and_others_do_not(tree: ResellerTree) -> None:
    group = rate_group(name="Evenings", time_zone="Asia/Dhaka")
    rate(group, "880", "0.01")
    rate(group, "8801", "0.02")
    rate(group, "8801", "0.03", period="sun 20:00-21:00")
    rate(group, "8801", "0.04", period="sun 14:00-15:00")
    rate(group, "88018", "0.05", since=datetime(2099, 1, 1, tzinfo=UTC))
    buys_at(tree.customer, group)
    chain = price_chain(SYSTEM, tree.customer, [NUMBER], NOW)
    found = candidates(chain, chain.answer(NUMBER, 60))
    assert {one.price: (one.prefix, one.why, one.wins) for one in found} == {
        "0.0500": ("88018", "from 2099-01-01 on", False),
        "0.0400": ("8801", "not at this hour: sun 14:00-15:00, Asia/Dhaka", False),
        "0.0300": ("8801", "the longest that is in effect, since 2020-01-01", True),
        "0.0200": ("8801", "another one goes before it at this hour", False),
        "0.0100": ("880", "shorter", False),
    }


def test_what_a_level_pays_is_no_secret_to_those_above(
    tree: ResellerTree, deck: Deck, in_dhaka: User
) -> None:
    buys_at(tree.customer, deck.gold)
    actor = actor_for(in_dhaka)
    (rung, _own) = rungs(actor, answer(actor, tree.customer))
    assert (rung.group, rung.group_url, rung.amount) == (
        "a group of a level above yours", "", "0.087058",
    )  # fmt: skip
    assert Decimal(rung.amount) < Decimal("0.1083")

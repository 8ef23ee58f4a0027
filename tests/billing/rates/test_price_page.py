"""What a number costs: the page, for each kind of person who opens it."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.core.models import User
from tests.factories import ResellerTree, grant
from tests.factories.fixtures import signed_in
from tests.factories.rates import Deck, rate, rate_group
from tests.support.buying import buys_at
from tests.support.pages import field_error, markup_of, text_of, words_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("empty_cache", "deck"),
    pytest.mark.wide,
]

PRICE = "/price/"
NUMBER = "8801819442207"
ASKED = {"account": "Customer-001", "number": "+880 1819-442207", "seconds": "5:37"}


def words(login: User, **more: str) -> str:
    return words_of(signed_in(login).get(PRICE, {**ASKED, **more}))


# --- Who sees what --------------------------------------------------------------------------------


def test_an_administrator_sees_every_level(administrator: User) -> None:
    found = words(administrator)
    assert "Customer-001 pays 0.144000 USD for 5:37" in found
    assert "Customer-001 level 3 0.144000 USD Dhaka Retail Std · 88018 Bangladesh" in found
    assert "60 s, then every 60 s: 337 s spoken, 360 s billed, 23 s not spoken" in found
    assert "0.0240 per min × 360 s billed ÷ 60 = 0.144000" in found
    assert "+0.035700 stays with Dhaka-Retail-Sub, 24.8 % of what it is paid" in found
    assert "Dhaka-Retail-Sub level 2 0.108300 USD BDW Retail A · 8801 BD mobile" in found
    assert "0.0190 per min × 342 s billed ÷ 60 = 0.108300" in found
    assert "+0.021242 stays with BD-Wholesale-Agent, 19.6 % of what it is paid" in found
    assert "BD-Wholesale-Agent level 1 0.087058 USD Wholesale BD Gold · 88018" in found
    assert "by the second: 337 s spoken, all of it billed" in found
    assert "0.087058 is what the platform is paid" in found
    assert "kept by 2 levels, 39.5 %" in found


def test_an_agent_sees_its_price_and_those_below(in_dhaka: User) -> None:
    found = words(in_dhaka)
    assert "Customer-001 level 2 0.144000 USD Dhaka Retail Std" in found
    assert "+0.035700 stays with you, 24.8 % of what you are paid" in found
    assert "Dhaka-Retail-Sub your price level 1 0.108300 USD BDW Retail A · 8801" in found
    assert "A level above yours pays its own price; it is not shown to you." in found
    assert "0.035700 USD stay with you, 24.8 %" in found


def test_an_agent_sees_nothing_of_the_levels_above(in_dhaka: User, administrator: User) -> None:
    page = markup_of(signed_in(in_dhaka).get(PRICE, ASKED))
    whole = markup_of(signed_in(administrator).get(PRICE, ASKED))
    secrets = ["BD-Wholesale-Agent", "Wholesale BD Gold", "BD Mobile Robi", "0.0155", "0.087058"]
    secrets += ["0.021242", "19.6 %"]
    assert [one for one in secrets if one not in whole] == []
    assert [one for one in secrets if one in page] == []


def test_the_agent_at_the_top_has_the_platform_above(at_the_top: User) -> None:
    found = words(at_the_top)
    assert "BD-Wholesale-Agent your price level 1 0.087058 USD Wholesale BD Gold" in found
    assert "+0.021242 stays with you, 19.6 % of what you are paid" in found
    assert "+0.035700 stays with Dhaka-Retail-Sub, 24.8 % of what it is paid" in found
    assert "The platform has costs of its own; they are not shown to you." in found
    assert "what the platform is paid" not in found


def test_a_customer_sees_its_own_price_alone(at_the_customer: User) -> None:
    page = signed_in(at_the_customer).get(PRICE, ASKED)
    found = words_of(page)
    assert "You pay 0.144000 USD for 5:37" in found
    assert "Dhaka Retail Std" in found
    assert "A level above yours pays its own price" in found
    assert "keep" not in found
    assert [one for one in ("Dhaka-Retail-Sub", "0.1083", "BDW Retail A") if one in found] == []


def test_a_customer_is_asked_about_itself(at_the_customer: User) -> None:
    page = markup_of(signed_in(at_the_customer).get(PRICE))
    assert 'value="Customer-001"' in page


@pytest.mark.parametrize("account", ["BD-Wholesale-Agent", "Customer-101", "Nobody-At-All"])
def test_foreign_and_unknown_accounts_are_not_found(in_dhaka: User, account: str) -> None:
    client = signed_in(in_dhaka)
    asked = client.get(PRICE, {**ASKED, "account": account})
    listed = client.post(PRICE, {"account": account, "seconds": "60", "numbers": NUMBER, "at": ""})
    assert (asked.status_code, listed.status_code) == (404, 404)
    sentence = "The account must be an existing one in your scope."
    assert (field_error(asked, "account"), field_error(listed, "account")) == (sentence, sentence)
    assert "0.1083" not in text_of(asked) + text_of(listed)


def test_who_may_not_work_in_the_portal_sees_no_price(operator: User, client: Client) -> None:
    assert signed_in(operator).get(PRICE, ASKED).status_code == 403
    assert client.get(PRICE, ASKED).status_code == 302


# --- Names of groups ------------------------------------------------------------------------------


def test_a_group_of_a_level_above_is_priced_and_not_named(
    tree: ResellerTree, deck: Deck, in_dhaka: User
) -> None:
    """What an account below pays is known to the levels above it, wherever the group is from; what
    else its deck holds is not.
    """
    rate(deck.gold, "880", "0.7777")
    buys_at(tree.customer, deck.gold)
    page = markup_of(signed_in(in_dhaka).get(PRICE, ASKED))
    assert "a group of a level above yours" in page
    assert "0.087058" in page
    assert [one for one in ("Wholesale BD Gold", "0.7777", "Why 88018") if one in page] == []


def test_a_group_of_the_platform_is_said_as_such_at_the_top(
    tree: ResellerTree, at_the_top: User
) -> None:
    hidden = rate_group(name="Hidden Deck")
    rate(hidden, "880", "0.05")
    buys_at(tree.customer, hidden)
    page = markup_of(signed_in(at_the_top).get(PRICE, ASKED))
    assert "a group of the platform" in page
    assert "Hidden Deck" not in page


def test_a_shared_group_is_named(tree: ResellerTree, in_dhaka: User) -> None:
    shared = rate_group(tree.top, name="Shared Deck", is_shared=True)
    rate(shared, "880", "0.05")
    buys_at(tree.customer, shared)
    assert "Shared Deck" not in words(in_dhaka)
    grant(tree.agent, "manage_account")
    assert "Shared Deck · 880" in words(in_dhaka)


def test_a_group_of_an_account_below_is_named(
    tree: ResellerTree, deck: Deck, in_dhaka: User
) -> None:
    below = rate_group(tree.sub_agent, name="Sub Deck")
    rate(below, "880", "0.05")
    buys_at(tree.deep_customer, below)
    buys_at(tree.sub_agent, deck.standard)
    assert "Sub Deck · 880" in words(in_dhaka, account="Customer-301")


# --- Refusals -------------------------------------------------------------------------------------


def refused(page: Any) -> str:
    """The page, which says that it may not be called."""
    found = words_of(page)
    assert "It may not be called" in found
    return found


def test_without_a_group_nothing_may_be_called(tree: ResellerTree, in_dhaka: User) -> None:
    buys_at(tree.customer, None)
    found = refused(signed_in(in_dhaka).get(PRICE, ASKED))
    assert "Customer-001 has no rate group: no calls." in found
    assert "Dhaka-Retail-Sub your price level 1 0.108300 USD" in found


def test_without_a_rate_it_may_not_be_called(in_dhaka: User) -> None:
    found = refused(signed_in(in_dhaka).get(PRICE, {**ASKED, "number": "447911123456"}))
    assert "Customer-001 has no rate for this number: it may not be called." in found


def test_what_is_locked_may_not_be_called(deck: Deck, in_dhaka: User) -> None:
    rate(deck.standard, "880181", "0.5", is_locked=True, destination="Premium")
    found = refused(signed_in(in_dhaka).get(PRICE, ASKED))
    assert "This destination is locked for Customer-001: it may not be called." in found
    assert "880181 Premium" in found


def test_the_own_level_is_named_where_it_refuses(tree: ResellerTree, in_dhaka: User) -> None:
    buys_at(tree.agent, None)
    found = refused(signed_in(in_dhaka).get(PRICE, ASKED))
    assert "Dhaka-Retail-Sub has no rate group: no calls." in found
    assert "0.144000" in found


@pytest.mark.parametrize("what", ["no group", "unrated", "locked"])
def test_a_level_above_refuses_in_one_sentence_whatever_it_is(
    tree: ResellerTree, deck: Deck, in_dhaka: User, what: str
) -> None:
    if what == "locked":
        rate(deck.gold, "8801819", "0.01", is_locked=True)
    else:
        buys_at(tree.top, None if what == "no group" else rate_group(name="Empty"))
    found = refused(signed_in(in_dhaka).get(PRICE, ASKED))
    assert found.count("Refused at a level above yours.") == 2
    assert [
        one for one in ("rate group: no", "no rate for", "locked", "BD-Whole") if one in found
    ] == []


def test_how_a_level_above_refuses_cannot_be_told(
    tree: ResellerTree, deck: Deck, in_dhaka: User
) -> None:
    client, pages = signed_in(in_dhaka), []
    asked = {**ASKED, "at": "2026-11-22T10:14:00Z"}
    buys_at(tree.top, None)
    pages.append(text_of(client.get(PRICE, asked)))
    buys_at(tree.top, rate_group(name="Empty"))
    pages.append(text_of(client.get(PRICE, asked)))
    buys_at(tree.top, deck.gold)
    rate(deck.gold, "8801819", "0.01", is_locked=True)
    pages.append(text_of(client.get(PRICE, asked)))
    assert "Refused at a level above yours." in pages[0]
    assert pages == [pages[0]] * 3


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("", "Enter a number."),
        ("letters", "Use digits only: “letters” is no part of a number."),
        ("1234567890123456", "A number has at most 15 digits; this one has 16."),
        ("8801819442207, 8801819442208", "These are several numbers"),
    ],
)
def test_what_is_no_number_is_said(in_dhaka: User, number: str, sentence: str) -> None:
    page = signed_in(in_dhaka).get(PRICE, {**ASKED, "number": number})
    assert page.status_code == 422
    assert sentence in field_error(page, "number")


# --- Length and moment ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "amount"),
    [
        ("337", "0.144000"),
        ("5:37", "0.144000"),
        ("0:05:37", "0.144000"),
        ("1", "0.024000"),
        ("1:00:00", "1.440000"),
        ("0", "0.000000"),
    ],
)
def test_a_length_is_seconds_or_minutes_and_seconds(
    in_dhaka: User, seconds: str, amount: str
) -> None:
    assert f"Customer-001 pays {amount} USD" in words(in_dhaka, seconds=seconds)


@pytest.mark.parametrize("seconds", ["", "5:60", "-1", "1.5", "24:00:01", "86401", "five"])
def test_what_is_no_length_is_refused(in_dhaka: User, seconds: str) -> None:
    page = signed_in(in_dhaka).get(PRICE, {**ASKED, "seconds": seconds})
    assert page.status_code == 422
    assert field_error(page, "seconds")


def test_without_a_length_it_is_a_minute(in_dhaka: User) -> None:
    page = signed_in(in_dhaka).get(PRICE, {"account": "Customer-001", "number": NUMBER})
    assert "Customer-001 pays 0.024000 USD for 1:00" in words_of(page)


def test_no_seconds_cost_nothing(deck: Deck, in_dhaka: User) -> None:
    rate(deck.standard, "8801819", "1", connection_fee=Decimal("0.5"))
    assert "No seconds cost nothing, connection fee included." in words(in_dhaka, seconds="0")
    assert "+ 0.500000 connection fee = 1.500000" in words(in_dhaka, seconds="1")


def test_another_moment_has_its_own_rates(deck: Deck, administrator: User) -> None:
    begin = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    rate(deck.standard, "8801819", "0.06", since=begin)
    before = words(administrator, at="2026-11-01T11:59:59Z")
    since = words(administrator, at="2026-11-01T12:00:00Z")
    assert "pays 0.144000 USD" in before
    assert "pays 0.360000 USD" in since
    assert "with today’s agents and rate groups" in before
    # Why not yet: it stands among those that fit.
    assert re.search(r"8801819 0\.0600 from 2026-11-01 \d\d:\d\d on", before)


def test_a_moment_is_read_by_the_readers_clocks(
    deck: Deck, tree: ResellerTree, agent_login: Any
) -> None:
    begin = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    rate(deck.standard, "8801819", "0.06", since=begin)
    login = agent_login(tree.agent, username="in-dhaka", time_zone="Asia/Dhaka")
    assert "pays 0.144000 USD" in words(login, at="2026-11-01T17:59")
    assert "pays 0.360000 USD" in words(login, at="2026-11-01T18:00")
    page = markup_of(signed_in(login).get(PRICE, {**ASKED, "at": "2026-11-01T12:00:00Z"}))
    assert 'value="2026-11-01T18:00"' in page


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01T00:00", "1999-12-31T23:59", "2026-11"])
def test_what_is_no_moment_is_refused(in_dhaka: User, at: str) -> None:
    page = signed_in(in_dhaka).get(PRICE, {**ASKED, "at": at})
    assert page.status_code == 422
    assert field_error(page, "at")


def test_the_link_of_an_answer_gives_the_same_answer(deck: Deck, in_dhaka: User) -> None:
    client = signed_in(in_dhaka)
    page = markup_of(client.get(PRICE, ASKED))
    copied = re.search(r'data-copy="https?://[^/]+(/price/[^"]+)"', page)
    assert copied
    link = copied[1].replace("&amp;", "&")
    assert "at=20" in link
    rate(deck.standard, "8801819", "9", since=datetime(2099, 1, 1, tzinfo=UTC))
    assert "Customer-001 pays 0.144000 USD for 5:37" in words_of(client.get(link))


def test_a_rate_of_the_night_says_why_it_does_not_count(deck: Deck, administrator: User) -> None:
    rate(deck.standard, "8801819", "0.01", period="mon-sun 22:00-06:00")
    day = words(administrator, at="2026-11-02T12:00:00Z")
    night = words(administrator, at="2026-11-02T23:00:00Z")
    assert "not at this hour: mon-sun 22:00-06:00, UTC" in day
    assert "pays 0.144000 USD" in day
    assert "pays 0.060000 USD" in night


# --- Other lengths, losses ------------------------------------------------------------------------


def test_other_lengths_stand_beside(in_dhaka: User) -> None:
    found = words(in_dhaka)
    assert "Talk Billed Customer-001 You pay You keep Margin" in found
    assert "0:01 60 s 0.024000 0.009500 0.014500 60.4 %" in found
    assert "5:37 360 s 0.144000 0.108300 0.035700 24.8 %" in found
    assert "30:00 1,800 s 0.720000 0.570000 0.150000 20.8 %" in found


def test_who_sells_below_its_own_price_sees_the_loss(deck: Deck, in_dhaka: User) -> None:
    rate(deck.standard, "8801819", "0.01", first_block=1, increment=1)
    found = words(in_dhaka)
    # 0.01 × 337 ÷ 60 = 0.0561666…
    assert "\N{MINUS SIGN}0.052133 stays with you, \N{MINUS SIGN}92.8 %" in found

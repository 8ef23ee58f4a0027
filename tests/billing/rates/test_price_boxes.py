"""Where the price is asked for beside its own page: the account, the test of a number, the menu."""

import re

import pytest

from accounts.core.models import User
from tests.factories import ResellerTree
from tests.factories.fixtures import signed_in
from tests.factories.rates import Deck
from tests.support.buying import buys_at
from tests.support.pages import markup_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache", "deck")]


def test_the_page_of_an_account_says_its_group_and_asks(in_dhaka: User) -> None:
    client = signed_in(in_dhaka)
    page = client.get("/accounts/Customer-001/")
    assert "Rate group Dhaka Retail Std Number that Customer-001 would call" in words_of(page)
    box = markup_of(page).partition('action="/price/"')[2].partition("</form>")[0]
    assert re.findall(r'name="(\w+)" value="([^"]*)"', box) == [
        ("account", "Customer-001"), ("number", ""),
    ]  # fmt: skip


def test_an_account_without_a_group_may_not_call(tree: ResellerTree, in_dhaka: User) -> None:
    buys_at(tree.customer, None)
    found = words_of(signed_in(in_dhaka).get("/accounts/Customer-001/"))
    assert "Rate group no rate group: no calls" in found


def test_a_group_of_a_level_above_is_not_named(
    tree: ResellerTree, deck: Deck, in_dhaka: User
) -> None:
    buys_at(tree.customer, deck.gold)
    page = markup_of(signed_in(in_dhaka).get("/accounts/Customer-001/"))
    assert "a group of a level above yours" in page
    assert "Wholesale BD Gold" not in page


def test_the_test_of_a_number_asks_for_its_price(in_dhaka: User) -> None:
    client = signed_in(in_dhaka)
    asked = {"account": "Customer-001", "number": "+880 1819-442207"}
    page = markup_of(client.get("/number-sections/test/", asked))
    box = page[page.index('action="/price/"') :]
    assert re.search(r'name="account" value="Customer-001"', box)
    assert re.search(r'name="number" value="8801819442207"', box)
    before = markup_of(client.get("/number-sections/test/"))
    assert 'action="/price/"' not in before


def test_the_number_sections_of_an_account_ask_for_a_price(in_dhaka: User) -> None:
    page = markup_of(signed_in(in_dhaka).get("/accounts/Customer-001/number-sections/"))
    assert 'action="/price/"' in page


@pytest.mark.parametrize("who", ["administrator", "in_dhaka"])
def test_the_menu_leads_to_it(who: str, request: pytest.FixtureRequest) -> None:
    page = markup_of(signed_in(request.getfixturevalue(who)).get("/price/"))
    assert re.search(r'href="/price/" aria-current="page"[^>]*>.*?Price of a number', page)

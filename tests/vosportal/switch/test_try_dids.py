"""Try a call to a number that rings nowhere: what it is for, who pays and what becomes of it, as
the viewer may know it; nothing is held, ordered or opened (docs/domain.md 7, 8).
"""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from billing.cards.models import Card
from billing.cards.services.callers import card_callers_set
from billing.holds.models import CallbackOrder, RunningCall
from tests.factories import GatewayFactory
from tests.support.calling import browser_of
from tests.support.carding import card_of, cards
from tests.support.dialling_in import (
    ACCESS,
    CALLER,
    NUMBER,
    OTHER,
    TRIGGER,
    TRUNK,
    access_number,
    trigger,
    trunk,
    with_card,
)
from tests.support.pages import field_error, markup_of, words_of
from tests.support.paying import pay
from tests.support.sabotage import plant
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db
PHONE = "8801819000001"


def tried(client: Client, number: str, **question: str) -> Any:
    return client.get("/calls/try/", {"number": number, **question})


def outcome(page: Any) -> tuple[str, str]:
    """The state and the words of the last step."""
    steps = re.findall(r'<li class="(\w+)"><span class="rung">(.*?)</li>', markup_of(page), re.S)
    state, text = steps[-1]
    return state, " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.fixture
def card(switched: Switched) -> Card:
    """Of the agent, used once and bound to CALLER; its number comes in by anybody's trunk."""
    tree = switched.tree
    access_number(tree.agent)
    trunk(tree.other_top)
    found = card_of(cards(tree.agent, rate_group=switched.groups.customer, valid_days=30))
    with_card(found)
    found.refresh_from_db()
    card_callers_set(actor=SYSTEM, card=found, numbers=[CALLER])
    return found


@pytest.fixture
def back(switched: Switched) -> Switched:
    """The customer calls back, and connects with a number of its own."""
    plant(switched.tree.customer, ctd_billing_model="flow")
    switched.tree.customer.refresh_from_db()
    trigger(switched.tree.customer, connects_to=NUMBER)
    trunk(switched.tree.other_top)
    return switched


class TestAccessNumbers:
    def test_it_asks_for_a_pin(self, switched: Switched, card: Card) -> None:
        page = tried(browser_of(switched.tree.agent), f"{ACCESS}*{NUMBER}", via=PHONE)
        said = (
            f"{ACCESS} is an access number of phone cards: it asks for a PIN, for the number that"
            " calls is bound to no card there."
        )
        assert outcome(page) == ("stop", f"What becomes of it refused: {said}")
        words = words_of(page)
        assert "What it is for passed: access number of phone cards, of Dhaka-Retail-Sub" in words
        assert "The caller hears: 403 PIN needed" in words

    def test_by_itself_it_asks_for_a_number(self, switched: Switched, card: Card) -> None:
        words = words_of(tried(browser_of(switched.tree.agent), ACCESS, via=PHONE))
        assert "a number is dialled behind it, with a star between them." in words
        assert "The caller hears: 484 Not a number" in words

    def test_a_bound_card_pays(self, card: Card, admin: Client) -> None:
        before = list(Card.objects.order_by("pk").values()), list(RunningCall.objects.values())
        page = tried(admin, f"{ACCESS}*{NUMBER}", via=TRUNK, shown=CALLER)
        assert card.account is not None
        name = card.account.account_id
        state, said = outcome(page)
        assert state == "pass"
        assert said.endswith(
            f"card {card.serial}, which the number calling is bound to, pays 0.0600 USD a minute"
            f" out of {name}."
        )
        words = words_of(page)
        # Five, less the six cents that its first call holds: 82 minutes.
        assert "Allowed, for up to 1:22:00" in words
        assert f"The card: A rate at every level passed: {name} 0.0600;" in words
        assert "rt-one Carrier-One" in words
        after = list(Card.objects.order_by("pk").values()), list(RunningCall.objects.values())
        assert after == before

    def test_a_foreign_one_says_what_the_caller_hears(self, switched: Switched, card: Card) -> None:
        """The trunk's business reaches neither the number's account nor the card's."""
        there = browser_of(switched.tree.other_top)
        page = tried(there, f"{ACCESS}*{NUMBER}", via=TRUNK, shown=CALLER)
        assert outcome(page) == (
            "pass",
            f"What becomes of it passed: {ACCESS} is an access number of phone cards: the card that"
            " the number calling is bound to pays.",
        )
        assert card.account is not None
        for hidden in (card.serial, card.account.account_id, "Dhaka-Retail-Sub", "0.06", "1:22"):
            assert hidden not in markup_of(page)

    def test_a_foreign_one_takes_no_number_that_nobody_calls_by(
        self, switched: Switched, card: Card
    ) -> None:
        account = switched.tree.other_top.account_id
        page = tried(
            browser_of(switched.tree.other_top), f"{ACCESS}*{NUMBER}", account=account, shown=CALLER
        )
        assert "The caller hears: 403 PIN needed" in words_of(page)

    def test_a_card_without_money(self, card: Card, admin: Client) -> None:
        assert card.account is not None
        pay(card.account, "4.90", "deduction")
        page = tried(admin, f"{ACCESS}*{NUMBER}", via=TRUNK, shown=CALLER)
        assert outcome(page)[1].endswith(
            f"{card.account.account_id} has 0.04 available, and 60 seconds hold 0.06."
        )
        assert "The caller hears: 402 Balance too low" in words_of(page)

    def test_a_pin_is_not_tried_here(self, card: Card, admin: Client) -> None:
        page = tried(admin, f"{ACCESS}*123456789012*{NUMBER}", via=TRUNK)
        assert page.status_code == 422
        assert field_error(page, "number").startswith("Leave the PIN out:")

    def test_what_is_none_is_told_so(self, switched: Switched, admin: Client) -> None:
        page = tried(admin, f"{NUMBER}*{NUMBER}", via=PHONE)
        assert "is no access number of phone cards and no callback trigger" in outcome(page)[1]
        assert "The caller hears: 404 Not an access number" in words_of(page)


class TestTriggers:
    def test_the_caller_is_called_back(self, back: Switched) -> None:
        page = tried(browser_of(back.tree.agent), TRIGGER, via=PHONE)
        state, said = outcome(page)
        assert state == "pass"
        assert said.endswith(
            f"{TRIGGER} is a callback trigger: the call is refused and costs nothing, and {PHONE}"
            f" is called back and connected with {NUMBER}. Customer-001 pays both legs."
        )
        words = words_of(page)
        assert "Called back" in words
        assert "The caller hears: 486 You will be called back" in words
        for leg in ("Leg A", "Leg B"):
            assert f"{leg}: A rate at every level passed: Customer-001 0.0600;" in words
        assert not CallbackOrder.objects.exists()
        assert not RunningCall.objects.exists()
        assert sum(back.held()) == 0

    def test_whom_the_caller_names_is_called(self, back: Switched) -> None:
        page = tried(browser_of(back.tree.agent), f"{TRIGGER}*8801711999999", via=PHONE)
        assert "connected with 8801711999999." in outcome(page)[1]

    def test_both_legs_take_money(self, back: Switched) -> None:
        """Nine cents are enough for the first."""
        pay(back.tree.customer, "9.91", "deduction")
        page = tried(browser_of(back.tree.customer), TRIGGER, via=PHONE)
        assert outcome(page) == (
            "stop",
            f"What becomes of it refused: {TRIGGER} is a callback trigger, and does not call back:"
            " Customer-001 has 0.03 available, and 60 seconds hold 0.06.",
        )
        assert "The caller hears: 402 Balance too low" in words_of(page)

    def test_of_a_foreign_one_no_more_than_is_heard(self, back: Switched) -> None:
        there = browser_of(back.tree.other_top)
        page = tried(there, TRIGGER, via=TRUNK, shown=OTHER)
        assert outcome(page)[1].endswith(f"costs nothing, and {OTHER} is called back.")
        hidden = ("Customer-001", NUMBER, "0.06")
        assert not [one for one in hidden if one in markup_of(page)]
        pay(back.tree.customer, "9.99", "deduction")
        page = tried(there, TRIGGER, via=TRUNK, shown=OTHER)
        assert outcome(page) == (
            "stop", "What becomes of it refused: Refused: the caller hears “Forbidden” and no more."
        )  # fmt: skip
        assert "callback trigger" not in words_of(page)
        assert not [one for one in hidden if one in markup_of(page)]

    def test_who_shows_no_number_is_not_called_back(self, back: Switched) -> None:
        page = tried(browser_of(back.tree.agent), TRIGGER, account="Customer-001")
        assert "the caller shows no number that could be called back." in outcome(page)[1]


def test_a_locked_trunk_is_locked_for_them_as_well(switched: Switched, card: Card) -> None:
    GatewayFactory(
        account=switched.tree.customer, name="gw-shut", addresses=["203.0.113.9"], is_locked=True
    )
    page = tried(browser_of(switched.tree.agent), f"{ACCESS}*{NUMBER}", via="gw-shut")
    assert "The caller hears: 403 Locked" in words_of(page)
    assert "access number" not in words_of(page)


class TestElsewhere:
    def test_check_access_says_the_same(self, back: Switched) -> None:
        question = {"who": PHONE, "deed": "call", "number": TRIGGER}
        page = browser_of(back.tree.agent).get("/check-access/", question)
        assert f"No. {TRIGGER} is a callback trigger: the call is refused and costs" in words_of(
            page
        )

    def test_so_does_the_own_page_of_a_customer(self, switched: Switched, card: Card) -> None:
        page = browser_of(switched.tree.customer).get("/", {"number": f"{ACCESS}*{NUMBER}"})
        assert f"Refused {ACCESS} is an access number of phone cards: it asks for a PIN" in (
            words_of(page)
        )

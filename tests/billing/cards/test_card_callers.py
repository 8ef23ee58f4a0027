"""The numbers that call with a card: a page of the card."""

from collections.abc import Callable

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry, User
from billing.cards.models import Card
from billing.cards.services.redeeming import card_redeem
from tests.factories import ResellerTree
from tests.factories.fixtures import signed_in
from tests.support.answering import submit
from tests.support.carding import card_of, cards, pin_of
from tests.support.pages import field_error, words_of

pytestmark = pytest.mark.django_db
NUMBER = "8801711222333"


@pytest.fixture
def used(reseller_tree: ResellerTree) -> Card:
    one = card_of(cards(reseller_tree.agent))
    card_redeem(actor=SYSTEM, pin=pin_of(one), target=None, idempotency_key="opens")
    one.refresh_from_db()
    return one


def test_numbers_are_bound_and_let_go(administrator: User, used: Card) -> None:
    browser, page = signed_in(administrator), f"/cards/{used.serial}/callers/"
    assert "calls need the PIN" in words_of(browser.get(f"/cards/{used.serial}/"))
    done = submit(browser, page, {"numbers": f"+{NUMBER}\r\n00{NUMBER}", "reason": "He asked"})
    assert done.status_code == 303
    assert list(used.callers.values_list("number", flat=True)) == [NUMBER]
    assert NUMBER in words_of(browser.get(f"/cards/{used.serial}/"))
    entry = AuditEntry.objects.get(action="card.callers")
    assert (entry.before, entry.after) == ({"callers": []}, {"callers": [NUMBER]})
    assert entry.reason == "He asked"
    submit(browser, page, {})
    assert AuditEntry.objects.filter(action="card.callers").count() == 1
    submit(browser, page, {"numbers": ""})
    assert not used.callers.exists()


def test_what_cannot_be_bound_is_said_at_the_box(administrator: User, used: Card) -> None:
    browser = signed_in(administrator)
    refused = submit(browser, f"/cards/{used.serial}/callers/", {"numbers": "nobody"})
    assert refused.status_code == 422
    assert field_error(refused, "numbers")
    new = used.batch.cards.exclude(pk=used.pk).earliest("pk")
    refused = submit(browser, f"/cards/{new.serial}/callers/", {"numbers": NUMBER})
    assert "once it opened its account" in field_error(refused, "numbers")


def test_another_agents_card_is_not_there(
    agent_login: Callable[..., User], reseller_tree: ResellerTree, used: Card
) -> None:
    page = f"/cards/{used.serial}/callers/"
    assert signed_in(agent_login(reseller_tree.sibling)).get(page).status_code == 404
    assert signed_in(agent_login(reseller_tree.agent)).get(page).status_code == 403

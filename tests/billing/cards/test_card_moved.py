"""A card whose account has moved to another reseller: its agent reads of it no more."""

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from accounts.kit.errors import NotInScope
from accounts.tree.services.moving import account_move
from billing.cards.models import Card
from billing.cards.services.deeds import card_block, used_up_noted
from billing.cards.services.redeeming import card_redeem
from tests.factories import ResellerTree, StaffFactory, UserFactory, grant
from tests.support.carding import card_of, cards, pin_of
from tests.support.pages import just_signed_in, markup_of, text_of, words_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.top)
    grant(reseller_tree.agent)
    return reseller_tree.refresh()


@pytest.fixture
def card(tree: ResellerTree) -> Card:
    """A card that opened Gone-1, which is below another reseller now."""
    card = card_of(cards(tree.agent))
    made = card_redeem(
        actor=SYSTEM, pin=pin_of(card), target=None, new_account_id="Gone-1", idempotency_key="k"
    )
    account_move(actor=SYSTEM, account=made.account, parent=tree.other_top)
    card.refresh_from_db()
    return card


@pytest.fixture
def imran(tree: ResellerTree, card: Card) -> Client:
    return just_signed_in(UserFactory(account=tree.refresh().agent))


def test_it_is_another_account(imran: Client, card: Card) -> None:
    for url in (f"/cards/{card.serial}/", f"/card-batches/{card.batch.key}/"):
        page = imran.get(url)
        assert "Gone-1" not in page.content.decode()
        assert "another account" in text_of(page)
    assert "receipt" not in words_of(imran.get(f"/cards/{card.serial}/"))


def test_nothing_is_done_with_it(imran: Client, tree: ResellerTree, card: Card) -> None:
    page = text_of(imran.get(f"/cards/{card.serial}/"))
    assert [one for one in ("Block…", "Extend…", "Unblock…") if one in page] == []
    for deed in ("block", "extend", "unblock"):
        url = f"/cards/{card.serial}/{deed}/"
        assert imran.get(url).status_code == 404
        sent = imran.post(url, {"reason": "x", "expires_on": "2090-05-01"})
        assert "Gone-1" not in markup_of(sent, 404)
    with pytest.raises(NotInScope):
        card_block(actor=actor_for(UserFactory(account=tree.agent)), card=card, reason="x")
    assert Account.objects.get(account_id="Gone-1").status == "active"


def test_administrators_reach_both(card: Card) -> None:
    admin = just_signed_in(StaffFactory(administrator=True))
    page = admin.get(f"/cards/{card.serial}/")
    assert "/accounts/Gone-1/" in page.content.decode()
    assert "Block…" in text_of(page)
    assert admin.post(f"/cards/{card.serial}/block/", {"reason": "x"}).status_code == 303
    assert "Unblock…" in text_of(admin.get(f"/cards/{card.serial}/"))


def test_that_its_money_is_gone_is_not_told(card: Card) -> None:
    assert card.account is not None
    pay(card.account, "5", "deduction")
    assert used_up_noted() == 0
    card.refresh_from_db()
    assert card.status == "active"

"""One card by its own pages: blocked, extended and unblocked again."""

import pytest
from django.test import Client

from accounts.core.models import AuditEntry
from billing.cards.models import Card, CardBatch
from tests.factories import ResellerTree, UserFactory
from tests.support.carding import card_of, cards
from tests.support.pages import just_signed_in, markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


@pytest.fixture
def imran(tree: ResellerTree) -> Client:
    """Holds 3."""
    return just_signed_in(UserFactory(account=tree.agent, username="imran"))


@pytest.fixture
def card(batch: CardBatch) -> Card:
    return card_of(batch)


def test_it_is_blocked_with_a_reason_and_unblocked(imran: Client, card: Card) -> None:
    url = f"/cards/{card.serial}/"
    assert imran.post(f"{url}block/", {"reason": ""}).status_code == 422
    answer = imran.post(f"{url}block/", {"reason": "lost"})
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    assert Card.objects.get(pk=card.pk).status == "locked"
    assert f"{url}unblock/" in markup_of(imran.get(url))
    answer = imran.post(f"{url}unblock/", {"reason": "found"})
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    assert Card.objects.get(pk=card.pk).status == "new"
    reasons = AuditEntry.objects.filter(reason__in=("lost", "found")).order_by("pk")
    assert list(reasons.values_list("reason", flat=True)) == ["lost", "found"]


def test_its_expiry_is_put_off(imran: Client, tree: ResellerTree) -> None:
    card = card_of(cards(tree.agent, 1, "EXT001"))
    url = f"/cards/{card.serial}/extend/"
    assert imran.post(url, {"expires_on": "2000-01-01", "reason": "x"}).status_code == 422
    answer = imran.post(url, {"expires_on": "2090-05-01", "reason": "asked"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cards/{card.serial}/")
    assert "2090-05-01" in markup_of(imran.get(f"/cards/{card.serial}/"))

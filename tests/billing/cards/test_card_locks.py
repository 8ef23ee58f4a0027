"""Deeds on cards lock in the one order that everybody keeps, and wait for an account that goes."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, GrantUse
from accounts.kit.errors import DomainError
from accounts.tree.services import ending
from accounts.tree.services.accounts import account_create
from accounts.tree.services.ending import account_delete
from billing.cards.models import Card
from billing.cards.services import deeds as card_deeds
from billing.cards.services import generation, redeeming, releasing
from billing.cards.services.deeds import card_block, card_unblock
from billing.cards.services.redeeming import card_redeem
from billing.cards.services.releasing import card_extend, cards_release
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import ResellerTree, UserFactory, grant, reseller_tree
from tests.support.carding import card_of, cards, pin_of

# SQLite has one writer.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.usefixtures("empty_cache"),
    pytest.mark.race,
]


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    tree = reseller_tree()
    grant(tree.top)
    grant(tree.agent)
    return tree.refresh()


def person(tree: ResellerTree) -> Actor:
    return actor_for(UserFactory(account=tree.agent))


def both(first: Callable[[], Any], second: Callable[[], Any]) -> list[str]:
    """Do both at once; what became of each: "done", or the code of its refusal."""
    said = ["", ""]

    def one(place: int, work: Callable[[], Any]) -> None:
        try:
            work()
            said[place] = "done"
        except DomainError as error:
            said[place] = error.code
        except Exception as error:
            said[place] = repr(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=one, args=(place, work))
        for place, work in enumerate((first, second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return said


def use(actor: Actor, card: Card, target: Any = None) -> Transaction:
    return card_redeem(actor=actor, pin=pin_of(card), target=target, idempotency_key=str(uuid4()))


@pytest.mark.parametrize("deed", ["open", "block", "unblock", "extend", "make"])
def test_a_deed_that_reaches_the_tree_and_a_release_lock_in_one_order(
    tree: ResellerTree, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    """Nobody has used 3 today, and the deed is under way when the release begins."""
    batch = cards(tree.agent, 2)
    others = cards(tree.agent, 2, "OTH01", released=False)
    imran, rana = person(tree), person(tree)
    if deed != "open":
        use(imran, card_of(batch))
    if deed == "unblock":
        card_block(actor=imran, card=card_of(batch), reason="x")
    later = timezone.now() + timedelta(days=9)
    deeds: dict[str, tuple[Any, str, Callable[[], Any]]] = {
        "open": (redeeming, "_opened", lambda: use(imran, card_of(batch))),
        "block": (
            card_deeds, "account_lock",
            lambda: card_block(actor=imran, card=card_of(batch), reason="x"),
        ),
        "unblock": (
            card_deeds, "account_unlock",
            lambda: card_unblock(actor=imran, card=card_of(batch), reason="x"),
        ),
        "extend": (
            releasing, "account_edit",
            lambda: card_extend(actor=imran, card=card_of(batch), expires_at=later, reason="x"),
        ),
        "make": (generation, "shaped", lambda: cards(tree.agent, 2, "NEW01", actor=imran)),
    }  # fmt: skip
    module, name, work = deeds[deed]
    reached, locked = threading.Event(), threading.Event()
    on_the_tree, permitted = getattr(module, name), releasing.permitted

    def slow(*args: Any, **more: Any) -> Any:
        reached.set()
        locked.wait(2)
        return on_the_tree(*args, **more)

    def slow_permitted(actor: Actor, account: Account) -> Any:
        if actor is rana:
            locked.set()
        return permitted(actor, account)

    def release() -> None:
        reached.wait(10)
        cards_release(actor=rana, batch=others)

    monkeypatch.setattr(module, name, slow)
    monkeypatch.setattr(releasing, "permitted", slow_permitted)
    GrantUse.objects.all().delete()
    assert both(work, release) == ["done", "done"]


def test_a_card_used_into_an_account_that_is_deleted_meanwhile_comes_too_late(
    tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    untouched = account_create(actor=SYSTEM, parent=tree.agent, account_id="Fresh-1", name="x")
    card = card_of(cards(tree.agent))
    imran, rana = person(tree), person(tree)
    going = threading.Event()
    bump = ending.bump

    def slow(*pks: Any) -> Any:
        going.set()
        time.sleep(1)
        return bump(*pks)

    def late() -> None:
        going.wait(10)
        use(imran, card, untouched)

    monkeypatch.setattr(ending, "bump", slow)
    answers = both(
        lambda: account_delete(actor=rana, account=untouched, reason="x"),
        late,
    )
    assert answers == ["done", "busy"]
    card.refresh_from_db()
    assert (card.status, card.account_id) == ("new", None)
    assert not Transaction.objects.exists()
    assert ledger_problems() == []

"""The database of the version before: what could be used stays usable, and counts as handed out."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.core.actor import SYSTEM
from billing.cards.models import Card, CardBatch, PinsTaken
from billing.cards.services.batch_deeds import batch_block
from billing.cards.services.secrets import pins_take
from billing.cards.services.withdrawing import cards_withdraw
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import ResellerTree
from tests.support import sabotage
from tests.support.carding import card_of, cards
from tests.support.covering import handed_out

pytestmark = pytest.mark.django_db

MIGRATION: Any = import_module("billing.migrations.0007_cards_released")


def as_before(batch: CardBatch, *, activated: bool) -> None:
    """What the version before kept of a batch."""
    at = timezone.now() if activated else None
    sabotage.plant_batch(batch, activated_at=at, released=0, open_cards=0)
    for card in batch.cards.all():
        sabotage.plant_card(card, released_at=None)


def test_cards_of_activated_batches_are_released_and_count_as_handed_out(
    reseller_tree: ResellerTree,
) -> None:
    activated = cards(reseller_tree.agent, 3, "ACT01", released=False)
    blocked = cards(reseller_tree.agent, 2, "BLK01", released=False)
    generated = cards(reseller_tree.agent, 4, "GEN01", released=False)
    batch_block(actor=SYSTEM, batch=blocked, reason="x")
    for batch in (activated, blocked, generated):
        as_before(batch, activated=batch != generated)
    assert handed_out(reseller_tree.agent) == 0
    MIGRATION.release(apps, None)
    for batch in (activated, blocked, generated):
        batch.refresh_from_db()
    assert [activated.released, blocked.released, generated.released] == [3, 2, 0]
    assert card_of(activated).released_at == activated.activated_at
    assert not generated.cards.filter(released_at__isnull=False).exists()
    assert handed_out(reseller_tree.agent) == 25
    assert ledger_problems() == []


def test_records_of_pins_say_of_which_batch_they_were(reseller_tree: ResellerTree) -> None:
    batch = cards(reseller_tree.agent, 1, released=False)
    list(pins_take(actor=SYSTEM, batch=batch, kind="file", reason="x"))
    PinsTaken.objects.update(batch_name="", account=None)
    MIGRATION.name_pins(apps, None)
    taken = PinsTaken.objects.get()
    assert (taken.batch_name, taken.account) == (batch.name, reseller_tree.agent)


def test_going_back_lets_nothing_be_used_that_was_not_released(
    reseller_tree: ResellerTree,
) -> None:
    batch = cards(reseller_tree.agent, 3)
    sabotage.plant_card(card_of(batch, 1), released_at=None)
    cards_withdraw(
        actor=SYSTEM, batch=batch, reason="x", first=batch.serial_at(2), last=batch.serial_at(2)
    )
    MIGRATION.hold_back(apps, None)
    assert [(one.status, one.locked_from) for one in Card.objects.order_by("pk")] == [
        ("new", ""),
        ("locked", "new"),
        ("locked", "new"),
    ]

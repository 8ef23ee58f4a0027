"""Phone cards, as tests make them."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from accounts.core.actor import SYSTEM, Actor
from accounts.core.models import Account
from accounts.kit.encryption import decrypted
from accounts.kit.errors import DomainError
from billing.cards.models import Card, CardBatch
from billing.cards.rules.batches import BatchDraft
from billing.cards.services.batch_deeds import batch_opening_set
from billing.cards.services.generation import batch_generate
from billing.cards.services.redeeming import card_redeem
from billing.cards.services.releasing import cards_release
from billing.rates.services.groups import group_create
from billing.wallets.models import RateGroup


def draft(count: int = 3, first: str = "SYL110001", **more: Any) -> BatchDraft:
    values = {"name": f"Batch {first}", "face_value": Decimal("5"), **more}
    return BatchDraft(count=count, first_serial=first, **values)


def cards(
    account: Account,
    count: int = 3,
    first: str = "SYL110001",
    *,
    actor: Actor = SYSTEM,
    released: bool = True,
    **more: Any,
) -> CardBatch:
    """A batch that is released, unless a test wants it otherwise. The platform's prices go with it:
    without a rate group no card is released.
    """
    if actor is SYSTEM and "rate_group" not in more:
        more["rate_group"] = card_prices()
    batch = batch_generate(actor=actor, account=account, draft=draft(count, first, **more))
    if released:
        release_all(batch)
        batch.refresh_from_db()
    return batch


def card_prices() -> RateGroup:
    """A rate group of the platform; made once."""
    found = RateGroup.objects.filter(owner=None, name="Card prices").first()
    return found or group_create(actor=SYSTEM, name="Card prices")


def without_group(batch: CardBatch) -> CardBatch:
    """As a batch is that was released by a version before, or has moved away from its group."""
    CardBatch.objects.filter(pk=batch.pk).update(rate_group=None)
    batch.refresh_from_db()
    return batch


def release_all(batch: CardBatch) -> None:
    """By the platform, which needs nothing for it but a rate group."""
    if batch.rate_group_id is None:
        batch_opening_set(
            actor=SYSTEM,
            batch=batch,
            rate_group=card_prices(),
            ctd_billing_model=batch.ctd_billing_model,
            number_preset=batch.number_preset,
        )
    cards_release(actor=SYSTEM, batch=batch)


def ends(batch: CardBatch, first: int, last: int) -> dict[str, str]:
    """A range of a batch by its places, as services take it."""
    return {"first": batch.serial_at(first), "last": batch.serial_at(last)}


def use(actor: Actor, card: Card, target: Account) -> None:
    """The card recharges an account."""
    card_redeem(actor=actor, pin=pin_of(card), target=target, idempotency_key=str(uuid4()))


def at(batch: CardBatch, page: str = "") -> str:
    """The address of a batch, or of a page of it."""
    return f"/card-batches/{batch.key}/{page}"


def card_of(batch: CardBatch, place: int = 0) -> Card:
    return Card.objects.get(serial=batch.serial_at(place))


def pin_of(card: Card) -> str:
    return decrypted(card.pin)


def refused(code: str, field: str | None = None) -> Any:
    """Expect a refusal with this code and field."""

    class _Expect:
        def __enter__(self) -> pytest.ExceptionInfo[DomainError]:
            self.inner = pytest.raises(DomainError)
            self.found = self.inner.__enter__()
            return self.found

        def __exit__(self, *error: Any) -> Any:
            answer = self.inner.__exit__(*error)
            assert self.found.value.code == code, self.found.value
            assert field is None or self.found.value.field == field
            return answer

    return _Expect()

"""PINs in clear: shown, exported or printed to who holds authorization 3, with a reason, on record.

Whoever asks has proven who it is a moment ago; pages see to that. Nothing here is stored or logged.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.record import record
from accounts.kit.encryption import decrypted
from accounts.kit.errors import NotInScope, Refused
from billing.cards import pins
from billing.cards.models import Card, CardBatch, PinsTaken
from billing.cards.serials import cleaned
from billing.cards.services.batches import permitted
from billing.wallets.rules import required_reason

SHEET_MOST = 500
_PORTION = 1000


def pin_masked(card: Card) -> str:
    """The PIN as lists show it."""
    return pins.masked(decrypted(card.pin))


@transaction.atomic
def card_reveal(*, actor: Actor, card: Card, reason: str) -> str:
    """The PIN of one card. Raises Refused without a reason, NotInScope, NotAllowed."""
    reason = required_reason(reason)
    actor = permitted(actor, card.batch.account)
    if not Card.objects.filter(pk=card.pk, batch=card.batch_id).exists():
        raise NotInScope(_("There is no such card."))
    record(
        actor=actor,
        action="card.reveal",
        account=card.batch.account,
        subject=card.serial,
        after={"batch": card.batch.pk},
        reason=reason,
    )
    return decrypted(card.pin)


@transaction.atomic
def pins_take(
    *, actor: Actor, batch: CardBatch, kind: str, reason: str, first: str = "", count: int = 0
) -> Iterator[tuple[Card, str]]:
    """Take the PINs of a batch out of the portal: all its cards, or `count` of them from the serial
    `first` on. Returns cards with their PINs, read portion by portion; that they were taken is
    recorded before the first one is read.

    Raises Refused (with the field) without a reason or for another batch's serial, NotInScope,
    NotAllowed.
    """
    reason = required_reason(reason)
    actor = permitted(actor, batch.account)
    if not CardBatch.objects.filter(pk=batch.pk, account=batch.account_id).exists():
        raise NotInScope(_("There is no such batch."))
    start = 0
    serial = cleaned(first) or batch.serial_at(0)
    if first:
        card = batch.cards.filter(serial=serial).first()
        if card is None:
            raise Refused(
                _("This batch has no card with this serial."), code="no_serial", field="first"
            )
        start = card.pk
    left = min(count or batch.count, batch.cards.filter(pk__gte=start).count())
    PinsTaken.objects.create(
        batch=batch,
        batch_name=batch.name,
        account=batch.account,
        kind=kind,
        login=actor.user,
        actor=actor.login,
        by_account_id=actor.account_pk,
        reason=reason,
        first_serial=serial,
        count=left,
    )
    record(
        actor=actor,
        action="card_batch.print" if kind == PinsTaken.Kind.SHEET else "card_batch.export",
        account=batch.account,
        subject=batch.name,
        after={"batch": batch.pk, "cards": left, "first_serial": serial},
        reason=reason,
    )
    return _read(batch, start, left)


def _read(batch: CardBatch, start: int, left: int) -> Iterator[tuple[Card, str]]:
    rows = batch.cards.select_related("account").order_by("pk")
    while left > 0:
        some: Sequence[Any] = list(rows.filter(pk__gte=start)[: min(_PORTION, left)])
        if not some:
            return
        for card in some:
            card.batch = batch
            yield card, decrypted(card.pin)
        left, start = left - len(some), some[-1].pk + 1

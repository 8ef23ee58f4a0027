"""Which cards of a batch a deed is about."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from billing.cards.models import CardBatch
from billing.cards.serials import cleaned


def part(batch: CardBatch, first: str = "", last: str = "") -> Any:
    """All cards of a batch, or those of a range, as `in_range`."""
    return in_range(batch, first, last) if first or last else batch.cards.all()


def in_range(batch: CardBatch, first: str, last: str) -> Any:
    """The cards from one serial to another, both included. Raises Refused (with the field) where
    one of them is none of the batch, or they stand the wrong way round.
    """
    ends = {}
    for field, text in (("first", first), ("last", last)):
        card = batch.cards.filter(serial=cleaned(text)).first()
        if card is None:
            raise Refused(
                _("This batch has no card with this serial."), code="no_serial", field=field
            )
        ends[field] = card.pk
    if ends["first"] > ends["last"]:
        raise Refused(
            _("The last serial comes before the first."), code="wrong_order", field="last"
        )
    return batch.cards.filter(pk__gte=ends["first"], pk__lte=ends["last"])

"""Calls of numbers that ring nowhere: an access number puts a caller through at the expense of a
card, a callback trigger calls it back (docs/switch).
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.kit.errors import Busy, Refused
from accounts.numbers.digits import NotANumber
from accounts.numbers.reading import normalised
from accounts.phones.models import PhoneNumber
from billing.cards.models import Card
from billing.cards.services.calling import card_calling
from billing.holds.pricing import Room, most_seconds
from billing.money import plain
from vosportal.switch.queries.dids import (
    NO_ACCESS,
    NO_DESTINATION,
    card_call_judged,
    did_of,
    is_dialled_in,
    is_own_did,
    number_calling,
)
from vosportal.switch.queries.judging import Judged
from vosportal.switch.services.answering import Answer, answer_before, answer_to, no, refused
from vosportal.switch.services.calling_back import called_back
from vosportal.switch.words import Heard, card_heard

_TRY_AGAIN = Heard(503, "Try again")


def dialled_in(source: str, asked: Mapping[str, Any], judged: Judged) -> Answer:
    """The answer to a call of such a number, which comes in by whom `judged` names; or of one that
    was meant for such a number, and is none.
    """
    before = answer_before(source, asked)
    if before is not None:
        return before
    if not is_dialled_in(judged, wants=True):
        return refused(source, asked, judged)
    did = did_of(judged)
    if did is None:
        return no(source, asked, NO_ACCESS, "dialled in: no access number, no callback trigger")
    if did.use == PhoneNumber.Use.CALLBACK:
        is_own = is_own_did(judged, did)
        return called_back(source, asked, did, number_calling(judged), is_own=is_own)
    return _put_through(source, asked, did, judged)


@sensitive_variables()
def _put_through(source: str, asked: Mapping[str, Any], did: PhoneNumber, judged: Judged) -> Answer:
    """At the expense of a card. That is no call of whom it comes in by."""
    came_in_by = judged.caller
    assert came_in_by is not None
    try:
        # Before a card is opened for nothing.
        destination = normalised(asked.get("destination", ""))
    except NotANumber:
        return no(source, asked, NO_DESTINATION, "card: no number to call")
    try:
        card = card_calling(
            business=did.phone.account,
            pin=asked.get("pin", ""),
            caller=number_calling(judged),
            came_by=came_in_by.phone or came_in_by.gateway,
        )
    except Busy:
        return no(source, asked, _TRY_AGAIN, "card: others change its tree")
    except Refused as error:
        return no(source, asked, card_heard(error), f"card: {error.code}")
    call = {**asked, "callee": destination}
    of_card = card_call_judged(
        card,
        judged,
        destination=destination,
        now=timezone.now(),
        call_id=asked["call_id"],
    )
    return answer_to(
        source,
        call,
        of_card,
        again=lambda: _put_through(source, asked, did, judged),
        more=_of_card(card, of_card),
    )


def _of_card(card: Card, judged: Judged) -> dict[str, Any]:
    """What the caller may be told of its card, and whose account the record names."""
    assert card.account is not None
    told: dict[str, Any] = {"serial": card.serial, "currency": settings.CURRENCY}
    if card.expires_at is not None:
        told["valid_until"] = card.expires_at.isoformat()
    if judged.paying:
        own = judged.paying[0]
        if own.level.available is not None:
            told["balance"] = plain(own.level.available)
        room = Room(own.prices, 0, own.level.left)
        told["seconds"] = most_seconds([room], 0, settings.SWITCH_LONGEST)
    return {"account": card.account.account_id, "card": told}

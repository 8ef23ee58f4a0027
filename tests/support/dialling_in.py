"""Numbers that ring nowhere: an access number of cards, a callback trigger, and who calls them."""

from typing import Any

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.phones.services.uses import dids_used
from billing.cards.models import Card
from tests.factories import GatewayFactory, phone
from tests.support.carding import pin_of
from tests.support.switching import SWITCH
from vosportal.switch.services.authorizing import authorize

ACCESS, TRIGGER, LINE = "8801500000001", "8801500000002", "8801500000000"
CALLER, OTHER = "8801711222333", "8801711222444"
NUMBER = "8801711000000"
TRUNK = "pstn"


def access_number(account: Account, number: str = ACCESS, line: str = LINE) -> None:
    one = phone(account, line, dids=[number])
    dids_used(actor=SYSTEM, phone=one, uses={number: ("access", "")})


def trigger(account: Account, connects_to: str = "") -> str:
    """Its number."""
    one = phone(account, LINE, dids=[TRIGGER])
    dids_used(actor=SYSTEM, phone=one, uses={TRIGGER: ("callback", connects_to)})
    return TRIGGER


def trunk(account: Account) -> None:
    """Where calls of the public come in, whoever's it is."""
    GatewayFactory(account=account, name=TRUNK, direction="mapping", addresses=["203.0.113.77"])


def called_in(call_id: str = "c-1", **more: str) -> dict[str, Any]:
    """The answer to a call that comes in by the trunk."""
    call = {"call_id": call_id, "gateway": TRUNK, "caller": CALLER, "callee": ACCESS, **more}
    return authorize(SWITCH, call)


def with_card(card: Card, call_id: str = "c-1", **more: str) -> dict[str, Any]:
    return called_in(call_id, **{"pin": pin_of(card), "destination": NUMBER, **more})

"""Calls of phone cards by a real SIP server: access number, PIN and number are dialled at once,
with stars between them.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.cards.models import Card, CardBatch
from billing.cards.services.callers import card_callers_set
from billing.cards.services.deeds import card_block
from billing.wallets.models import Wallet
from tests.sip.conftest import ANSWERED, REST, Chain, Line, all_is_sound, legs_of, priced
from tests.support import sipp
from tests.support.carding import card_of, cards, pin_of
from tests.support.dialling_in import access_number

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip

NUMBER = ANSWERED + REST
NO_PIN = "000000000000"


def access_of(chain: Chain) -> str:
    """An access number of the agent in the middle."""
    tail = chain.phone.user[-8:]
    access_number(chain.agent, f"8802{tail}", f"8803{tail}")
    return f"8802{tail}"


def card_for(line: Line, chain: Chain, value: str = "5") -> Card:
    first = f"SIP{chain.phone.user[-5:]}001"
    group = line.groups["customer"]
    batch = cards(chain.agent, 2, first, rate_group=group, face_value=Decimal(value))
    return card_of(batch)


def opened(card: Card) -> Account:
    card.refresh_from_db()
    assert card.account is not None
    return card.account


def test_the_first_call_opens_a_card_and_the_second_needs_no_pin(line: Line) -> None:
    chain = line.chain()
    access, card = access_of(chain), card_for(line, chain)
    caller = chain.gateway
    before = len(line.heard("rt-answers"))
    assert line.refused(caller, f"{access}*{NUMBER}", 403) == "PIN needed"
    line.talked(caller, f"{access}*{pin_of(card)}*{NUMBER}", 300)
    account = opened(card)
    (leg,) = legs_of(account)
    assert (leg.number, leg.callee, leg.gateway) == (NUMBER, NUMBER, "")
    assert leg.routing_gateway == "rt-answers"
    card_callers_set(actor=SYSTEM, card=card, numbers=[caller.shown])
    line.talked(caller, f"{access}*{NUMBER}", 300)
    legs = legs_of(account, 2)
    due = sum((priced("customer", one.duration) for one in legs), Decimal(0))
    wallet = Wallet.objects.get(pk=account.pk)
    assert (wallet.balance, wallet.held) == (5 - due, 0)
    # Who brought it in pays nothing, and nobody reads the PIN.
    assert Wallet.objects.get(pk=chain.customer.pk).balance == 10
    for said in (line.heard("rt-answers")[before:], line.switch.log.read_text(errors="replace")):
        assert pin_of(card) not in said
    all_is_sound()


def test_eleven_wrong_pins_are_one_too_many(line: Line) -> None:
    chain = line.chain()
    access, card = access_of(chain), card_for(line, chain)
    caller = chain.gateway
    for _at in range(10):
        assert line.refused(caller, f"{access}*{NO_PIN}*{NUMBER}", 403) == "Wrong PIN"
    for pin in (NO_PIN, pin_of(card)):
        assert line.refused(caller, f"{access}*{pin}*{NUMBER}", 403) == "Too many wrong PINs"
    other = replace(caller, shown="8801819777777")
    line.talked(other, f"{access}*{pin_of(card)}*{NUMBER}", 200)
    assert len(legs_of(opened(card))) == 1


def test_expired_and_blocked_cards_are_refused_with_their_reason(line: Line) -> None:
    chain = line.chain()
    access, card = access_of(chain), card_for(line, chain)
    dialled = f"{access}*{pin_of(card)}*{NUMBER}"
    card_block(actor=SYSTEM, card=card, reason="Stolen")
    assert line.refused(chain.gateway, dialled, 403) == "Card blocked"
    other = card.batch.cards.exclude(pk=card.pk).get()
    yesterday = timezone.now() - timedelta(days=1)
    CardBatch.objects.filter(pk=card.batch_id).update(expires_at=yesterday)
    dialled = f"{access}*{pin_of(other)}*{NUMBER}"
    assert line.refused(chain.gateway, dialled, 403) == "Card expired"
    assert not Account.objects.filter(parent=chain.agent, type="phone_card").exists()
    assert line.refused(chain.gateway, f"{NUMBER}*1*{NUMBER}", 404) == "Not an access number"


def test_a_call_ends_where_its_card_is_used_up(line: Line) -> None:
    """Six seconds' worth."""
    chain = line.chain()
    access, card = access_of(chain), card_for(line, chain, str(priced("customer", 6)))
    steps = sipp.is_cut_off(chain.gateway, f"{access}*{pin_of(card)}*{NUMBER}")
    line.calling(chain.gateway, steps).done()
    account = opened(card)
    (leg,) = legs_of(account)
    assert 6 <= leg.duration <= 9
    # Neither when it begins nor when it ends.
    heard = line.heard("rt-answers")
    assert "BYE sip:" in heard
    assert pin_of(card) not in heard
    wallet = Wallet.objects.get(pk=account.pk)
    assert (wallet.balance, wallet.held) == (0, 0)
    assert (
        line.refused(chain.gateway, f"{access}*{pin_of(card)}*{NUMBER}", 402) == "Balance too low"
    )
    all_is_sound()

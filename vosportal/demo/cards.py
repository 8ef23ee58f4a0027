"""The phone cards of the demo: batches in every state, cards sold, used, blocked and withdrawn."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, User
from accounts.kit.encryption import decrypted
from billing.cards.models import Card, CardBatch
from billing.cards.rules.batches import BatchDraft
from billing.cards.rules.parts import in_range
from billing.cards.services.batch_deeds import batch_block
from billing.cards.services.deeds import card_block, cards_sell
from billing.cards.services.generation import batch_generate
from billing.cards.services.redeeming import card_redeem
from billing.cards.services.releasing import cards_release
from billing.cards.services.withdrawing import cards_withdraw
from billing.wallets.models import RateGroup

_SELLER = "thames"
# What accounts buy at that the cards open: the price list of the operator.
_PRICES = "Thames Cards"
# Cards recharge what is directly below their agent.
_BELOW = tuple(f"GB-Card-{one}" for one in ("Brixton", "Camden", "Hackney", "Leeds"))


def sell_all() -> None:
    """Load the cards, once and wholly."""
    if CardBatch.objects.exists():
        return
    seller = actor_for(User.objects.called(_SELLER).get())
    spring = _made("GB-Card-Operator", "LDN-2026-09", 400, "5", "LDN090001", "Sold at kiosks")
    # Released as it is sold: some cards are still to come.
    cards_release(actor=seller, batch=spring, first=spring.serial_at(0), last=spring.serial_at(299))
    sold = in_range(spring, spring.serial_at(0), spring.serial_at(259))
    cards_sell(actor=seller, batch=spring, cards=sold)
    for place in range(48):
        _use(seller, spring, place, _BELOW[place % len(_BELOW)])
    for place in (61, 62, 97):
        card_block(actor=seller, card=_card(spring, place), reason="Reported stolen")
    cards_withdraw(
        actor=seller,
        batch=spring,
        first=spring.serial_at(290),
        last=spring.serial_at(299),
        reason="Misprinted",
    )
    _made("GB-Card-Operator", "LDN-2026-12", 250, "10", "LDN120001", "For the holidays")
    brixton = _made("GB-Card-Brixton", "BRX-2026-11", 60, "2.50", "BRX110001", "")
    cards_release(actor=seller, batch=brixton)
    camden = _made("GB-Card-Camden", "CMD-2026-08", 60, "5", "CMD080001", "")
    batch_block(actor=SYSTEM, batch=camden, reason="The box of sheets was lost in the post")


def _made(agent: str, name: str, count: int, value: str, first: str, memo: str) -> CardBatch:
    return batch_generate(
        actor=SYSTEM,
        account=Account.objects.get(account_id=agent),
        draft=BatchDraft(
            name=name,
            count=count,
            face_value=Decimal(value),
            first_serial=first,
            valid_days=90,
            expires_at=timezone.now() + timedelta(days=365),
            memo=memo,
            rate_group=RateGroup.objects.get(name=_PRICES),
        ),
    )


def _card(batch: CardBatch, place: int) -> Card:
    return Card.objects.select_related("batch__account", "account").get(
        serial=batch.serial_at(place)
    )


def _use(seller: Actor, batch: CardBatch, place: int, account_id: str) -> None:
    card_redeem(
        actor=seller,
        pin=decrypted(_card(batch, place).pin),
        target=Account.objects.get(account_id=account_id),
        idempotency_key=f"demo-card-{batch.serial_at(place)}",
    )

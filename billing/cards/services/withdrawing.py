"""Withdrawing cards: for good, they are worth nothing any more (docs/domain.md 8).

Authorization 3 on the batch's account. It hands out nothing, and the value of cards that were
released stops counting as handed out.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.kit.errors import Refused
from billing.cards.models import Card, CardBatch
from billing.cards.rules.batches import reached
from billing.cards.rules.parts import part
from billing.cards.services.batch_deeds import in_locked_batch, record_batch_deed
from billing.cards.services.deeds import turned
from billing.money import plain
from billing.wallets.rules import required_reason

Status = Card.Status


@dataclass(frozen=True)
class WithdrawalPlan:
    """What a withdrawal would do: `total` stops counting as handed out, `sold` are with buyers."""

    count: int
    first: str
    last: str
    sold: int
    outstanding: int
    total: Decimal


def withdrawal_preview(
    *, actor: Actor, batch: CardBatch, first: str = "", last: str = ""
) -> WithdrawalPlan:
    """What `cards_withdraw` would do; changes nothing. Raises what it raises."""
    reached(actor, batch)
    cards = part(batch, first, last).unused()
    count = cards.count()
    if not count:
        raise _nothing()
    outstanding = cards.outstanding(timezone.now(), batch).count()
    ends = cards.order_by("pk").values_list("serial", flat=True)
    return WithdrawalPlan(
        count=count,
        first=ends[0],
        last=ends.reverse()[0],
        sold=cards.filter(sold_at__isnull=False).count(),
        outstanding=outstanding,
        total=batch.face_value * outstanding,
    )


def cards_withdraw(
    *,
    actor: Actor,
    batch: CardBatch,
    reason: str,
    first: str = "",
    last: str = "",
    expected: int | None = None,
) -> int:
    """Withdraw the unused cards of a batch, or those from one serial to another, released or not,
    blocked or not; return how many. They can never be used, sold, unblocked or extended.

    `expected` is the number that was shown to who withdraws. Raises Refused (with the field)
    without a reason, for a range that is none, nothing to withdraw, another number than expected;
    NotInScope, NotAllowed, Busy.
    """
    reason = required_reason(reason)

    def work(actor: Actor, batch: CardBatch) -> int:
        at = timezone.now()
        cards = part(batch, first, last).unused()
        ends = cards.order_by("pk").values_list("serial", flat=True)
        serials = {"first_serial": ends.first(), "last_serial": ends.last()}
        outstanding = cards.outstanding(at, batch).count()
        batch.open_cards -= cards.open().count()
        count = turned(cards, status=Status.WITHDRAWN, locked_from="", withdrawn_at=at)
        if not count:
            raise _nothing()
        if expected is not None and count != expected:
            raise Refused(
                _("The cards have changed meanwhile. Check the withdrawal again."),
                code="changed_meanwhile",
            )
        batch.save(update_fields=["open_cards"])
        after = {"cards": count, **serials, "amount": plain(batch.face_value * outstanding)}
        record_batch_deed(actor, batch, "withdraw", {}, after, reason)
        return count

    return in_locked_batch(actor, batch, work)


def _nothing() -> Refused:
    return Refused(
        _("No card here is left to withdraw: they are used, or withdrawn already."),
        code="nothing_to_withdraw",
    )

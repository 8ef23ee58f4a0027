"""What is done with cards: sold, blocked, unblocked (docs/domain.md 8).

Authorization 3 on the batch's account. A card that opened an account is blocked with that account,
which takes authorization 1 as well.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Min, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import in_locked_trees, said_busy
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.core.record import record
from accounts.kit.errors import NotInScope, Refused
from accounts.tree.services.accounts import account_lock, account_unlock
from billing.cards.models import Card, CardBatch
from billing.cards.services.batch_deeds import locked_batch
from billing.cards.services.batches import permitted
from billing.wallets.rules import required_reason

Status = Card.Status
_MOST_SHOWN = 20
_PORTION = 10_000


def cards_sell(*, actor: Actor, batch: CardBatch, cards: Any) -> int:
    """Mark the new ones of some cards of a batch as sold; return how many that were. Raises
    NotInScope, NotAllowed, Busy.
    """
    return _turn(
        actor, batch, cards.filter(status=Status.NEW), "sell", status=Status.SOLD,
        sold_at=timezone.now(),
    )  # fmt: skip


def cards_block(*, actor: Actor, batch: CardBatch, cards: Any, reason: str) -> int:
    """Block the unused ones of some cards of a batch, and return how many that were; cards that
    opened an account are blocked one by one (`card_block`). Raises Refused without a reason,
    NotInScope, NotAllowed, Busy.
    """
    return _turn(
        actor, batch, cards.filter(status__in=Card.UNUSED), "block", required_reason(reason),
        status=Status.LOCKED, locked_from=F("status"),
    )  # fmt: skip


def cards_unblock(*, actor: Actor, batch: CardBatch, cards: Any, reason: str) -> int:
    """Put the blocked ones of some cards of a batch back to what they were before they were used.
    Raises as `cards_block`.
    """
    blocked = cards.filter(status=Status.LOCKED, locked_from__in=Card.UNUSED)
    return _turn(
        actor, batch, blocked, "unblock", required_reason(reason),
        status=F("locked_from"), locked_from=Value(""),
    )  # fmt: skip


def _turn(
    actor: Actor, batch: CardBatch, cards: Any, deed: str, reason: str = "", **values: Any
) -> int:
    """Change these cards by statements that ask for their status once more."""
    with said_busy(), transaction.atomic():
        actor = permitted(actor, batch.account)
        # Deeds on many cards of a batch come one after the other.
        batch = locked_batch(batch, Account.objects.get(pk=batch.account_id))
        mine = cards.filter(batch=batch)
        shown = list(mine.order_by("pk").values_list("serial", flat=True)[:_MOST_SHOWN])
        count = turned(mine, **values)
        if count:
            record(
                actor=actor,
                action=f"card.{deed}",
                account=batch.account,
                subject=shown[0] if count == 1 else batch.name,
                after={"batch": batch.pk, "cards": count, "serials": shown},
                reason=reason,
            )
        return count


def turned(cards: Any, **values: Any) -> int:
    """Change these cards, of one batch; return how many. Portion by portion, so that none of the
    statements is long.
    """
    ends = cards.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return 0
    starts = range(ends["first"], ends["last"] + 1, _PORTION)
    return sum(
        cards.filter(pk__gte=start, pk__lt=start + _PORTION).update(**values) for start in starts
    )


def card_block(*, actor: Actor, card: Card, reason: str) -> Card:
    """Block a card, and lock the account it opened. Blocked twice, it stays as it is.

    Raises Refused for a card that is used up, or without a reason; NotInScope, NotAllowed, Busy.
    """
    reason = required_reason(reason)

    def work(actor: Actor) -> Card:
        if card.status == Status.ACTIVE and card.account is not None:
            account_lock(actor=actor, account=card.account, reason=reason)
        current = locked_card(card)
        if current.status == Status.LOCKED:
            return current
        if current.status == Status.USED_UP:
            raise Refused(_("A card that is used up cannot be blocked."), code="card_used")
        if current.status != card.status:
            raise card_changed()
        current.locked_from, current.status = current.status, Status.LOCKED
        current.save(update_fields=["status", "locked_from"])
        record_card_deed(
            actor,
            current,
            "block",
            {"status": current.locked_from},
            {"status": current.status},
            reason,
        )
        return current

    return in_locked_accounts(actor, card, work)


def card_unblock(*, actor: Actor, card: Card, reason: str) -> Card:
    """Put a blocked card back to what it was, and unlock the account it opened. Raises as
    `card_block`.
    """
    reason = required_reason(reason)

    def work(actor: Actor) -> Card:
        if card.locked_from == Status.ACTIVE and card.account is not None:
            account_unlock(actor=actor, account=card.account, reason=reason)
        current = locked_card(card)
        if current.status != Status.LOCKED:
            return current
        if current.locked_from != card.locked_from:
            raise card_changed()
        current.status, current.locked_from = current.locked_from, ""
        current.save(update_fields=["status", "locked_from"])
        record_card_deed(
            actor, current, "unblock", {"status": Status.LOCKED}, {"status": current.status}, reason
        )
        return current

    return in_locked_accounts(actor, card, work)


def in_locked_accounts(actor: Actor, card: Card, work: Callable[[Actor], Card]) -> Card:
    """Run `work` with authorization 3 on the batch's account, under the lock of its tree and of the
    tree of the account that has the card's value, which may be another one by now. Raises Refused
    where the batch's account is closed.
    """

    def locked(fresh: dict[int, Account]) -> Card:
        nonlocal actor
        account = fresh[card.batch.account_id]
        actor = permitted(actor, account)
        refuse_closed(account)
        return work(actor)

    touching = [card.batch.account_id, *([card.account_id] if card.account_id else [])]
    with said_busy():
        return in_locked_trees(locked, touching=touching)


def locked_card(card: Card) -> Card:
    """The card, locked and read anew. Raises Refused for one that was withdrawn, NotInScope."""
    rows = Card.objects.select_for_update(of=("self",)).select_related("batch__account", "account")
    one = rows.filter(pk=card.pk).first()
    if one is None:
        raise NotInScope(_("There is no such card."))
    if one.status == Status.WITHDRAWN:
        raise Refused(_("The card was withdrawn, for good."), code="card_withdrawn")
    return one


def card_changed() -> Refused:
    """The refusal of a deed on a card that is not what it was when it was shown."""
    return Refused(_("The card has changed meanwhile. Look at it again."), code="changed_meanwhile")


def record_card_deed(
    actor: Actor, card: Card, deed: str, before: Any, after: Any, reason: str
) -> None:
    """The entry in the audit log of a deed on one card."""
    record(
        actor=actor,
        action=f"card.{deed}",
        account=card.batch.account,
        subject=card.serial,
        before=before,
        after=after,
        reason=reason,
    )


def used_up_noted() -> int:
    """Mark the active cards whose account has no money any more; return how many. For housekeeping;
    it may run at any time. An account that has moved is left out: its balance is no matter of the
    agent who reads of the card.
    """
    spent = Card.objects.filter(
        status=Status.ACTIVE,
        account__parent=F("batch__account"),
        account__wallet__balance__lte=0,
    )
    return Card.objects.filter(
        pk__in=list(spent.values_list("pk", flat=True)), status=Status.ACTIVE
    ).update(status=Status.USED_UP)

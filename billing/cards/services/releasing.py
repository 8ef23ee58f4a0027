"""Releasing cards: from then on they can be used, so that it hands out money (docs/domain.md 6, 8).

A batch is released whole or range by range, each card once. Cards whose day had passed are released
again by another day. Both go through the one gate: trees, policies, wallets, then cards are locked.
A batch without a rate group is not released: accounts that its cards open could not call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import in_locked_trees, said_busy
from accounts.core.models import Account
from accounts.kit.errors import NotInScope, Refused
from accounts.tree.services.accounts import account_edit
from billing.cards.models import Card, CardBatch
from billing.cards.rules.batches import check_has_group, check_is_to_come, reached
from billing.cards.rules.parts import part
from billing.cards.services.batch_deeds import locked_batch, record_batch_deed
from billing.cards.services.batches import permitted
from billing.cards.services.deeds import (
    card_changed,
    in_locked_accounts,
    locked_card,
    record_card_deed,
    turned,
)
from billing.handing_out.queries.cover import Cover, cover_of
from billing.handing_out.services.gate import Gate, Shortfall, handing_recorded, opened
from billing.money import plain
from billing.wallets.models import Handing
from billing.wallets.rules import required_reason

State = CardBatch.State
Status = Card.Status
T = TypeVar("T")


@dataclass(frozen=True)
class ReleasePlan:
    """What a release would hand out. `cover` is that of the batch's account, as it is before;
    `shortfalls` are what administrators alone may pass.
    """

    count: int
    first: str
    last: str
    total: Decimal
    cover: Cover
    shortfalls: tuple[Shortfall, ...] = ()


def release_preview(
    *, actor: Actor, batch: CardBatch, first: str = "", last: str = ""
) -> ReleasePlan:
    """What `cards_release` would do; changes nothing. Raises what it raises."""
    actor, account = reached(actor, batch)
    _refuse_blocked(batch)
    check_has_group(batch)
    cards = part(batch, first, last).releasable(timezone.now(), batch)
    count = cards.count()
    if not count:
        raise _nothing()
    return _plan(actor, account, batch, cards, count)


def cards_release(
    *,
    actor: Actor,
    batch: CardBatch,
    first: str = "",
    last: str = "",
    expected: int | None = None,
) -> int:
    """Let the cards of a batch be used that are not released: all of them, or those from one serial
    to another. Returns how many. Blocked and expired cards stay as they are.

    Needs authorization 3 on the batch's account, and 8 held by it and every level above;
    administrators need neither. `expected` is the number that was shown to who releases.
    Raises Refused (with the field) for a blocked batch, one without a rate group, a range that is
    none, nothing to release, another number than expected, a limit or what is free being passed;
    NotInScope, NotAllowed, Busy.
    """

    def work(actor: Actor, batch: CardBatch, gate: Gate) -> int:
        _refuse_blocked(batch)
        check_has_group(batch)
        at = timezone.now()
        cards = part(batch, first, last).releasable(at, batch)
        ends = cards.aggregate(first=Min("pk"), last=Max("pk"))
        # Turned first, so that exactly these are asked for; a refusal turns them back.
        count = turned(cards, released_at=at)
        if not count:
            raise _nothing()
        if expected is not None and count != expected:
            raise Refused(
                _("The cards have changed meanwhile. Check the release again."),
                code="changed_meanwhile",
            )
        was = batch.state
        batch.state, batch.activated_at = State.ACTIVE, batch.activated_at or at
        batch.released += count
        batch.open_cards += batch.cards.filter(released_at=at, expires_at__isnull=True).count()
        batch.save(update_fields=["state", "activated_at", "released", "open_cards"])
        _hand_out(actor, batch, gate, count)
        serials = dict(batch.cards.filter(pk__in=ends.values()).values_list("pk", "serial"))
        record_batch_deed(
            actor,
            batch,
            "release",
            {"state": was},
            {
                "state": batch.state,
                "cards": count,
                "first_serial": serials[ends["first"]],
                "last_serial": serials[ends["last"]],
                "amount": plain(batch.face_value * count),
            },
            "",
        )
        return count

    return _through_the_gate(actor, batch, work)


def batch_extension_preview(*, actor: Actor, batch: CardBatch) -> ReleasePlan | None:
    """What another day of the batch hands out again; None where its cards have not expired.
    Raises what `batch_extend` raises.
    """
    cards = _lapsed_with(batch, timezone.now())
    return _extension(actor, batch, cards)


def batch_extend(
    *,
    actor: Actor,
    batch: CardBatch,
    expires_at: datetime | None,
    reason: str,
    expected: int | None = None,
) -> CardBatch:
    """Choose another day until which unused cards of the batch count (None: without end); cards
    with a day of their own keep it. Released cards whose day had passed are released again:
    `expected` is how many of these were shown to who extends.

    Raises Refused for a day that has passed, without a reason, or for another number than expected,
    and as `cards_release`.
    """
    reason = required_reason(reason)
    check_is_to_come(expires_at)

    def work(actor: Actor, batch: CardBatch, gate: Gate) -> CardBatch:
        was = batch.expires_at
        if was == expires_at:
            return batch
        back = _lapsed_with(batch, timezone.now()).count()
        batch.expires_at = expires_at
        batch.save(update_fields=["expires_at"])
        after: dict[str, Any] = {"expires_at": expires_at}
        if back:
            check_has_group(batch)
            _hand_out(actor, batch, gate, back)
            after |= {"cards": back, "amount": plain(batch.face_value * back)}
        _refuse_other(back, expected)
        record_batch_deed(actor, batch, "extend", {"expires_at": was}, after, reason)
        return batch

    return _through_the_gate(actor, batch, work)


def card_extension_preview(*, actor: Actor, card: Card) -> ReleasePlan | None:
    """As `batch_extension_preview`, for one card."""
    cards = card.batch.cards.filter(pk=card.pk)
    plan = _extension(actor, card.batch, cards.lapsed(timezone.now(), card.batch))
    if plan is None and not cards.exists():
        raise NotInScope(_("There is no such card."))
    return plan


def card_extend(
    *,
    actor: Actor,
    card: Card,
    expires_at: datetime,
    reason: str,
    expected: int | None = None,
) -> Card:
    """Give a card another day, and the account it opened with it. A released one whose day had
    passed is released again: `expected` is 1 where that was shown to who extends, and else 0.

    Raises Refused for a card that is used up or withdrawn, a day that has passed, or another number
    than expected, and as `cards_release`.
    """
    reason = required_reason(reason)
    check_is_to_come(expires_at)
    if Status.ACTIVE in (card.status, card.locked_from):
        _refuse_other(0, expected)
        return _extend_used(actor, card, expires_at, reason)

    def work(actor: Actor, batch: CardBatch, gate: Gate) -> Card:
        is_back = batch.cards.filter(pk=card.pk).lapsed(timezone.now(), batch).exists()
        was_open = batch.cards.open().filter(pk=card.pk).exists()
        extended = _extended(actor, card, expires_at, reason)
        if was_open:
            # It has a day of its own from now on.
            batch.open_cards -= 1
            batch.save(update_fields=["open_cards"])
        if is_back:
            check_has_group(batch)
            _hand_out(actor, batch, gate, 1)
        _refuse_other(int(is_back), expected)
        return extended

    return _through_the_gate(actor, card.batch, work)


def _extend_used(actor: Actor, card: Card, expires_at: datetime, reason: str) -> Card:
    def work(actor: Actor) -> Card:
        if card.account is not None:
            account_edit(actor=actor, account=card.account, valid_until=expires_at)
        return _extended(actor, card, expires_at, reason)

    return in_locked_accounts(actor, card, work)


def _extended(actor: Actor, card: Card, expires_at: datetime, reason: str) -> Card:
    current = locked_card(card)
    if current.status == Status.USED_UP:
        raise Refused(_("A card that is used up cannot be extended."), code="card_used")
    if (current.status, current.locked_from) != (card.status, card.locked_from):
        raise card_changed()
    was, current.expires_at = current.ends_at, expires_at
    current.save(update_fields=["expires_at"])
    record_card_deed(
        actor, current, "extend", {"expires_at": was}, {"expires_at": expires_at}, reason
    )
    return current


def _refuse_other(back: int, expected: int | None) -> None:
    """Cards expire by themselves, also between a page and its deed. Asked last, so that what stands
    against the deed itself is said first.
    """
    if expected is not None and back != expected:
        raise Refused(
            _("The cards have changed meanwhile. Check what another day hands out."),
            code="changed_meanwhile",
        )


def _lapsed_with(batch: CardBatch, at: datetime) -> Any:
    """The released, unused cards that have expired with their batch."""
    return batch.cards.filter(expires_at__isnull=True).lapsed(at, batch)


def _extension(actor: Actor, batch: CardBatch, cards: Any) -> ReleasePlan | None:
    actor, account = reached(actor, batch)
    count = cards.count()
    if not count:
        return None
    check_has_group(batch)
    return _plan(actor, account, batch, cards, count)


def _plan(actor: Actor, account: Account, batch: CardBatch, cards: Any, count: int) -> ReleasePlan:
    shortfalls = opened(actor, [account], lock=False).release(account, batch.face_value, count)
    ends = cards.order_by("pk").values_list("serial", flat=True)
    return ReleasePlan(
        count=count,
        first=ends[0],
        last=ends.reverse()[0],
        total=batch.face_value * count,
        cover=cover_of(account.pk),
        shortfalls=shortfalls,
    )


def _hand_out(actor: Actor, batch: CardBatch, gate: Gate, count: int) -> None:
    gate.release(batch.account, batch.face_value, count)
    handing_recorded(actor, Handing.Kind.CARDS, batch.account, batch.face_value * count)


def _through_the_gate(
    actor: Actor, batch: CardBatch, work: Callable[[Actor, CardBatch, Gate], T]
) -> T:
    def locked(fresh: dict[int, Account]) -> T:
        nonlocal actor
        account = fresh[batch.account_id]
        actor = permitted(actor, account)
        gate = opened(actor, [account], lock=True)
        return work(actor, locked_batch(batch, account), gate)

    with said_busy():
        return in_locked_trees(locked, touching=[batch.account_id])


def _refuse_blocked(batch: CardBatch) -> None:
    if batch.state == State.BLOCKED:
        raise Refused(_("The batch is blocked. Unblock it first."), code="blocked")


def _nothing() -> Refused:
    return Refused(
        _("No card here is left to release: they are released, blocked, expired or withdrawn."),
        code="nothing_to_release",
    )

"""Batches of phone cards: what may be made, and what is done with a whole batch (docs/domain.md 8).

Authorization 3 on the batch's account, which may be the own one. Cards are made by
`card_generation`, used by `card_redeeming`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.access import Actor, require
from accounts.authorizations import Authorization
from accounts.errors import NotAllowed, NotInScope, Refused
from accounts.extensions import Blocker
from accounts.locks import in_locked_trees
from accounts.models import Account
from accounts.querysets import in_scope
from accounts.services.accounts import refuse_closed
from accounts.services.availability import Holder, NotAvailable, Taken, Thing, answer
from billing import pins
from billing.errors import BadAmount
from billing.models import MOST_CARDS, Card, CardBatch
from billing.models.card import past_its_day
from billing.money import check as check_amount
from billing.money import plain
from billing.serials import Serials, serials

State = CardBatch.State
_LONGEST_DAYS = 3650


@dataclass(frozen=True)
class BatchDraft:
    """A batch as somebody asks for it. `expires_at`: cards not used until then are worthless."""

    name: str
    count: int
    face_value: Decimal
    first_serial: str
    pin_length: int = pins.USUAL
    valid_days: int | None = None
    expires_at: datetime | None = None
    memo: str = ""

    def as_input(self) -> dict[str, Any]:
        """As a job keeps it."""
        return {
            "name": self.name,
            "count": self.count,
            "face_value": plain(self.face_value),
            "first_serial": self.first_serial,
            "pin_length": self.pin_length,
            "valid_days": self.valid_days,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "memo": self.memo,
        }

    @classmethod
    def from_input(cls, kept: Mapping[str, Any]) -> "BatchDraft":
        until = kept["expires_at"]
        return cls(
            name=kept["name"],
            count=kept["count"],
            face_value=Decimal(kept["face_value"]),
            first_serial=kept["first_serial"],
            pin_length=kept["pin_length"],
            valid_days=kept["valid_days"],
            expires_at=datetime.fromisoformat(until) if until else None,
            memo=kept["memo"],
        )


@dataclass(frozen=True)
class BatchPlan:
    """What a batch would be. One of `one_in` guesses hits a PIN of it."""

    draft: BatchDraft
    serials: Serials
    total: Decimal
    one_in: int


def batches_of(actor: Actor) -> QuerySet[CardBatch]:
    """The batches of the accounts the actor reaches."""
    scope = actor.scope
    if scope.is_empty:
        return CardBatch.objects.none()
    return CardBatch.objects.filter(in_scope(scope, "account")).select_related("account")


def batches_matching(batches: QuerySet[CardBatch], text: str) -> QuerySet[CardBatch]:
    """Those of some batches whose name holds `text`, whose serials begin like it, or which have the
    card of this very serial.
    """
    with_card = Card.objects.filter(serial=text).values("batch")
    return batches.filter(
        Q(name__icontains=text) | Q(serial_prefix__startswith=text) | Q(pk__in=with_card)
    )


def cards_of(actor: Actor) -> QuerySet[Card]:
    """Their cards."""
    scope = actor.scope
    if scope.is_empty:
        return Card.objects.none()
    return Card.objects.filter(in_scope(scope, "batch__account")).select_related(
        "batch__account", "account"
    )


def cards_called(actor: Actor, text: str, most: int) -> list[Card]:
    """The first cards whose serial begins like this."""
    if not text:
        return []
    return list(cards_of(actor).filter(serial__startswith=text).order_by("serial")[:most])


def cards_by_standing(batch: CardBatch) -> dict[str, int]:
    """How many cards of a batch there are in each state, states without any left out. One query,
    whose cost is the size of the batch.
    """
    cards: Any = batch.cards.all()
    rows = cards.with_standing().order_by().values("standing").annotate(n=Count("pk"))
    return {row["standing"]: row["n"] for row in rows}


def batch_preview(*, actor: Actor, account: Account, draft: BatchDraft) -> BatchPlan:
    """What `batch_generate` would make; changes nothing. What it tells of serials of others counts
    (`availability`). Raises what it raises.
    """
    now = permitted(actor, account)
    planned = shaped(account, draft)
    try:
        refuse_taken(now, planned.serials)
    except NotAvailable as refusal:
        told = answer(now, refusal.taken, is_preview=True)
        if told.named or not told.is_silent:
            refusal.answered(told)
            raise
    return planned


def permitted(actor: Actor, account: Account) -> Actor:
    """The fresh actor, once authorization 3 covers the account. Raises NotAllowed, NotInScope."""
    now = require(actor, Authorization.MANAGE_PHONE_CARD, account)
    if now.is_operator:
        raise NotAllowed(_("Phone cards are managed in the portal."), code="portal_only")
    return now


def plan(now: Actor, account: Account, draft: BatchDraft) -> BatchPlan:
    """Raise Refused, with the field, for what is no batch or whose serials are taken."""
    planned = shaped(account, draft)
    refuse_taken(now, planned.serials)
    return planned


def shaped(account: Account, draft: BatchDraft) -> BatchPlan:
    """Raise Refused, with the field, for what is no batch, whoever has its serials."""
    check_may_have_cards(account)
    if not draft.name.strip():
        raise Refused(_("Give the batch a name."), code="required", field="name")
    if len(draft.name) > 64:
        raise Refused(_("Use at most 64 characters."), code="too_long", field="name")
    if len(draft.memo) > 200:
        raise Refused(_("Use at most 200 characters."), code="too_long", field="memo")
    if not 1 <= draft.count <= MOST_CARDS:
        raise Refused(
            _("A batch has 1 to %(most)s cards.") % {"most": f"{MOST_CARDS:,}"},
            code="count",
            field="count",
        )
    if check_amount(draft.face_value) <= 0:
        raise BadAmount(_("Enter an amount above zero."), code="not_positive", field="face_value")
    total = draft.face_value * draft.count
    try:
        check_amount(total)
    except BadAmount as error:
        raise BadAmount(error.message, code=error.code, field="face_value") from error
    if draft.valid_days is not None and not 1 <= draft.valid_days <= _LONGEST_DAYS:
        raise Refused(
            _("Enter 1 to %(most)s days.") % {"most": _LONGEST_DAYS},
            code="valid_days",
            field="valid_days",
        )
    check_is_to_come(draft.expires_at)
    pins.check_length(draft.pin_length, draft.count)
    run = serials(draft.first_serial, draft.count)
    return BatchPlan(draft, run, total, pins.one_in(draft.pin_length, draft.count))


def check_may_have_cards(account: Account) -> None:
    """Raise Refused where an account has no batches: cards are sold by general accounts."""
    refuse_closed(account)
    if account.type != Account.Type.GENERAL:
        raise Refused(
            _("Card batches belong to general accounts, and %(account)s is none.")
            % {"account": account.account_id},
            code="account_not_general",
        )


def check_is_to_come(at: datetime | None) -> None:
    """Raise Refused for a day that has passed."""
    if at is not None and at <= timezone.now():
        raise Refused(_("Choose a day that is still to come."), code="past", field="expires_on")


def refuse_taken(now: Actor, run: Serials) -> None:
    """Raise NotAvailable where some of the serials are taken: they are unique on the whole
    platform.
    """
    taken = (
        CardBatch.objects.filter(
            serial_prefix=run.prefix,
            serial_digits=run.digits,
            serial_first__lte=run.last,
            serial_first__gt=run.first - MOST_CARDS,
        )
        .annotate(last=F("serial_first") + F("count") - 1)
        .filter(last__gte=run.first)
    )
    if not taken.exists():
        return
    is_known = taken.filter(in_scope(now.scope, "account")).exists()
    raise serials_not_available(run, Holder.KNOWN if is_known else Holder.FOREIGN)


def serials_not_available(run: Serials, holder: Holder = Holder.FOREIGN) -> NotAvailable:
    """For a run of serials, named by its ends as they were asked for."""
    typed = f"{run.at(0)} – {run.at(run.last - run.first)}"
    return NotAvailable([Taken(typed, Thing.SERIALS, holder)], field="first_serial")


def batch_activate(*, actor: Actor, batch: CardBatch, reason: str = "") -> CardBatch:
    """Let the cards of a batch be used; until then they are worthless. Activated twice, it stays
    as it is.

    Raises Refused for a blocked batch or a closed account, NotInScope, NotAllowed, Busy.
    """

    def work(now: Actor, one: CardBatch) -> None:
        if one.state == State.ACTIVE:
            return
        if one.state == State.BLOCKED:
            raise Refused(_("The batch is blocked. Unblock it first."), code="blocked")
        one.state, one.activated_at = State.ACTIVE, timezone.now()
        one.save(update_fields=["state", "activated_at"])
        _record(now, one, "activate", {"state": State.GENERATED}, {"state": one.state}, reason)

    return _in_locked_batch(actor, batch, work)


def batch_block(*, actor: Actor, batch: CardBatch, reason: str) -> CardBatch:
    """Make every unused card of a batch worthless, until it is unblocked. Accounts that its cards
    opened stay as they are. Raises Refused without a reason, NotInScope, NotAllowed, Busy.
    """
    reason = required_reason(reason)

    def work(now: Actor, one: CardBatch) -> None:
        if one.state == State.BLOCKED:
            return
        was, one.state = one.state, State.BLOCKED
        one.save(update_fields=["state"])
        _record(now, one, "block", {"state": was}, {"state": one.state}, reason)

    return _in_locked_batch(actor, batch, work)


def batch_unblock(*, actor: Actor, batch: CardBatch, reason: str) -> CardBatch:
    """Put a blocked batch back to what it was: activated or not. Raises as `batch_block`."""
    reason = required_reason(reason)

    def work(now: Actor, one: CardBatch) -> None:
        if one.state != State.BLOCKED:
            return
        one.state = State.ACTIVE if one.activated_at else State.GENERATED
        one.save(update_fields=["state"])
        _record(now, one, "unblock", {"state": State.BLOCKED}, {"state": one.state}, reason)

    return _in_locked_batch(actor, batch, work)


def batch_extend(
    *, actor: Actor, batch: CardBatch, expires_at: datetime | None, reason: str
) -> CardBatch:
    """Choose another day until which unused cards of the batch count (None: without end); cards
    with a day of their own keep it. Raises Refused for a day that has passed, and as `batch_block`.
    """
    reason = required_reason(reason)
    check_is_to_come(expires_at)

    def work(now: Actor, one: CardBatch) -> None:
        was, one.expires_at = one.expires_at, expires_at
        if was == expires_at:
            return
        one.save(update_fields=["expires_at"])
        _record(now, one, "extend", {"expires_at": was}, {"expires_at": expires_at}, reason)

    return _in_locked_batch(actor, batch, work)


def _in_locked_batch(
    actor: Actor, batch: CardBatch, work: Callable[[Actor, CardBatch], None]
) -> CardBatch:
    """Under the lock of the account's tree: no batch comes to life while its account is closed."""

    def locked(fresh: dict[int, Account]) -> CardBatch:
        account = fresh[batch.account_id]
        now = permitted(actor, account)
        refuse_closed(account)
        one = CardBatch.objects.select_for_update().filter(pk=batch.pk, account=account).first()
        if one is None:
            raise NotInScope(_("There is no such batch."))
        one.account = account
        work(now, one)
        return one

    return in_locked_trees(locked, touching=[batch.account_id])


def required_reason(reason: str) -> str:
    """The reason without spaces around it. Raises Refused where there is none."""
    text = " ".join(reason.replace("\x00", "").split())
    if not text:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")
    return text[:500]


def _record(
    now: Actor,
    one: CardBatch,
    deed: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
) -> None:
    audit.record(
        actor=now,
        action=f"card_batch.{deed}",
        account=one.account,
        subject=one.name,
        before=before,
        after={"batch": one.pk, **after},
        reason=reason,
    )


def close_blockers(account: Account) -> Sequence[Blocker]:
    """Live cards stand against closing: those that could still be used."""
    live = Card.objects.filter(
        Q(batch__account=account, status__in=Card.UNUSED), ~Q(batch__state=State.BLOCKED)
    ).exclude(past_its_day(timezone.now()))
    count = live.count()
    if not count:
        return []
    words = ngettext(
        "%(count)s live phone card: block its batch",
        "%(count)s live phone cards: block their batches",
        count,
    )
    return [Blocker(words % {"count": f"{count:,}"})]


def delete_blockers(account: Account) -> Sequence[Blocker]:
    """An account with card batches is closed, not deleted."""
    count = CardBatch.objects.filter(account=account).count()
    words = ngettext("%(count)s card batch", "%(count)s card batches", count)
    return [Blocker(words % {"count": count})] if count else []

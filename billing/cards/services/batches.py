"""Batches of phone cards: which there are, and what may be made (docs/domain.md 8).

Authorization 3 on the batch's account, which may be the own one. Cards are made by
`generation`, released by `releasing`, used by `redeeming`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor, check_allowed, fresh, require
from accounts.core.authorizations import Authorization
from accounts.core.availability import Holder, NotAvailable, Taken, Thing, answer
from accounts.core.availability_deeds import refuse_taken
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.reach import refuse_closed
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.portal.registry import Blocker
from billing.cards import pins
from billing.cards.models import MOST_CARDS, Card, CardBatch, PinsTaken
from billing.cards.serials import Serials, serials
from billing.errors import BadAmount
from billing.money import check_amount, plain

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


def batches_in(batches: QuerySet[CardBatch], state: str) -> QuerySet[CardBatch]:
    """Those of some batches in a state: one of `CardBatch.State`, or "partly" released; all of them
    for anything else. A blocked batch is nothing but blocked.
    """
    released = Q(state=CardBatch.State.ACTIVE)
    if state == "partly":
        return batches.filter(released, released__lt=F("count"))
    if state == CardBatch.State.ACTIVE:
        return batches.filter(released, released__gte=F("count"))
    return batches.filter(state=state) if state in CardBatch.State.values else batches


def outstanding_in(batches: Iterable[CardBatch]) -> dict[int, int]:
    """How many cards of each of these batches are outstanding. One query."""
    now = timezone.now()
    cards = {
        one.pk: 0 if one.expires_at is not None and one.expires_at <= now else one.open_cards
        for one in batches
    }
    dated: Any = Card.objects.outstanding_with_own_day(now).filter(batch__in=list(cards))
    rows = dated.order_by().values_list("batch")
    for pk, count in rows.annotate(n=Count("pk")):
        cards[pk] += count
    return cards


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
    actor = permitted(actor, account)
    planned = shaped(account, draft)
    try:
        refuse_taken_serials(actor, planned.serials)
    except NotAvailable as refusal:
        told = answer(actor, refusal.taken, is_preview=True)
        if told.named or not told.is_silent:
            refusal.answered(told)
            raise
    return planned


def permitted(actor: Actor, account: Account) -> Actor:
    """The fresh actor, once authorization 3 covers the account. Raises NotAllowed, NotInScope.

    The use of 3 is recorded: who locks trees as well locks them before.
    """
    actor = require(actor, Authorization.MANAGE_PHONE_CARD, account)
    _refuse_operator(actor)
    return actor


def may_manage(actor: Actor, account_pk: int) -> tuple[Actor, Account]:
    """The fresh actor and account: as `permitted`, but no use of the authorization is recorded."""
    actor = fresh(actor)
    account = Account.objects.within(actor.scope).filter(pk=account_pk).first()
    if account is None:
        raise NotInScope
    check_allowed(actor, Authorization.MANAGE_PHONE_CARD, account)
    _refuse_operator(actor)
    return actor, account


def reached(actor: Actor, batch: CardBatch) -> tuple[Actor, Account]:
    """As `may_manage`, for a preview. Raises Refused where the account is closed as well."""
    actor, account = may_manage(actor, batch.account_id)
    refuse_closed(account)
    return actor, account


def _refuse_operator(actor: Actor) -> None:
    if actor.is_operator:
        raise NotAllowed(_("Phone cards are managed in the portal."), code="portal_only")


def shaped(account: Account, draft: BatchDraft) -> BatchPlan:
    """Raise Refused, with the field, for what is no batch, whoever has its serials."""
    check_may_have_cards(account)
    check_words(draft.name, draft.memo)
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


def check_words(name: str, memo: str) -> None:
    """Raise Refused, with the field, for what is no name or no memo of a batch."""
    if not name.strip():
        raise Refused(_("Give the batch a name."), code="required", field="name")
    if len(name) > 64:
        raise Refused(_("Use at most 64 characters."), code="too_long", field="name")
    if len(memo) > 200:
        raise Refused(_("Use at most 200 characters."), code="too_long", field="memo")


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


def refuse_taken_serials(actor: Actor, run: Serials, *, is_last: bool = False) -> None:
    """Raise NotAvailable where some of the serials are taken: they are unique on the whole
    platform. `is_last` as for `refuse_taken`.
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
    refused: list[Taken] = []
    if taken.exists():
        is_known = taken.filter(in_scope(actor.scope, "account")).exists()
        refused = [_taken(run, Holder.KNOWN if is_known else Holder.FOREIGN)]
    refuse_taken(refused, {"first_serial": [_typed(run)]}, is_last=is_last)


def serials_not_available(run: Serials) -> NotAvailable:
    """For a run of serials that somebody took at this very moment."""
    return NotAvailable([_taken(run, Holder.FOREIGN)], field="first_serial")


def _taken(run: Serials, holder: Holder) -> Taken:
    return Taken(_typed(run), Thing.SERIALS, holder)


def _typed(run: Serials) -> str:
    """Its ends as they were asked for."""
    return f"{run.at(0)} – {run.at(run.last - run.first)}"


def required_reason(reason: str) -> str:
    """The reason without spaces around it. Raises Refused where there is none."""
    text = " ".join(reason.replace("\x00", "").split())
    if not text:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")
    return text[:500]


def close_blockers(account: Account) -> Sequence[Blocker]:
    """What stands against closing: cards that are outstanding, blocked ones included, and those
    that could still be released.
    """
    now = timezone.now()
    cards: Any = Card.objects.filter(batch__account=account)
    outstanding = cards.outstanding(now).count()
    live = cards.releasable(now).exclude(batch__state=CardBatch.State.BLOCKED).count()
    blockers = []
    if outstanding:
        words = ngettext(
            "%(count)s phone card outstanding: withdraw it",
            "%(count)s phone cards outstanding: withdraw them",
            outstanding,
        )
        blockers.append(Blocker(words % {"count": f"{outstanding:,}"}))
    if live:
        words = ngettext(
            "%(count)s phone card that is not released: withdraw it, or block its batch",
            "%(count)s phone cards that are not released: withdraw them, or block their batches",
            live,
        )
        blockers.append(Blocker(words % {"count": f"{live:,}"}))
    return blockers


def delete_blockers(account: Account) -> Sequence[Blocker]:
    """An account with card batches, or whose PINs were taken out once, is closed, not deleted."""
    found = []
    count = CardBatch.objects.filter(account=account).count()
    if count:
        words = ngettext("%(count)s card batch", "%(count)s card batches", count)
        found.append(Blocker(words % {"count": count}))
    elif PinsTaken.objects.filter(account=account).exists():
        found.append(Blocker(_("PINs of its phone cards were taken out of the portal")))
    return found

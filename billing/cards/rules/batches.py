"""What may be a batch of cards, who manages it, and what stands against closing and deleting its
account (docs/domain.md 8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor, check_allowed, fresh
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.text import tidied
from accounts.numbers.presets import presets
from accounts.portal.registry import Blocker
from billing.cards import pins
from billing.cards.models import MOST_CARDS, Card, CardBatch, PinsTaken
from billing.cards.serials import Serials, serials
from billing.errors import BadAmount
from billing.money import check_amount, plain
from billing.wallets.models import RateGroup
from billing.wallets.rules import check_group

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
    # What the accounts have that its cards open.
    rate_group: RateGroup | None = None
    ctd_billing_model: str = Account.BillingModel.STANDARD
    number_preset: str = ""

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
            "rate_group": self.rate_group.pk if self.rate_group else None,
            "ctd_billing_model": self.ctd_billing_model,
            "number_preset": self.number_preset,
        }

    @classmethod
    def from_input(cls, kept: Mapping[str, Any]) -> "BatchDraft":
        """What a job kept; one of the version before knows nothing of what cards open. The group is
        looked for when the batch is checked again.
        """
        until, group = kept["expires_at"], kept.get("rate_group")
        return cls(
            name=kept["name"],
            count=kept["count"],
            face_value=Decimal(kept["face_value"]),
            first_serial=kept["first_serial"],
            pin_length=kept["pin_length"],
            valid_days=kept["valid_days"],
            expires_at=datetime.fromisoformat(until) if until else None,
            memo=kept["memo"],
            rate_group=None if group is None else RateGroup(pk=group),
            ctd_billing_model=kept.get("ctd_billing_model", Account.BillingModel.STANDARD),
            number_preset=kept.get("number_preset", ""),
        )


@dataclass(frozen=True)
class BatchPlan:
    """What a batch would be. One of `one_in` guesses hits a PIN of it."""

    draft: BatchDraft
    serials: Serials
    total: Decimal
    one_in: int


def may_manage(actor: Actor, account_pk: int) -> tuple[Actor, Account]:
    """The fresh actor and account: as `permitted`, but no use of the authorization is recorded."""
    actor = fresh(actor)
    account = Account.objects.within(actor.scope).filter(pk=account_pk).first()
    if account is None:
        raise NotInScope
    check_allowed(actor, Authorization.MANAGE_PHONE_CARD, account)
    refuse_operator(actor)
    return actor, account


def reached(actor: Actor, batch: CardBatch) -> tuple[Actor, Account]:
    """As `may_manage`, for a preview. Raises NotInScope where the batch is no more, Refused where
    the account is closed as well.
    """
    actor, account = may_manage(actor, batch.account_id)
    if not CardBatch.objects.filter(pk=batch.pk, account=account).exists():
        raise NotInScope(_("There is no such batch."))
    refuse_closed(account)
    return actor, account


def refuse_operator(actor: Actor) -> None:
    """Raise NotAllowed in the Django admin."""
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


def check_opening(
    actor: Actor, account: Account, group: RateGroup | None, model: str, preset: str
) -> None:
    """Raise Refused, with the field, for what accounts that cards of this account open cannot have:
    a rate group that the actor may not give below it, another model, another preset.
    """
    check_group(actor, None, group, agent=account)
    for field, value, known in (
        ("ctd_billing_model", model, Account.BillingModel.values),
        ("number_preset", preset, ["", *presets()]),
    ):
        if value not in known:
            raise Refused(_("Choose one of the options."), code="unknown_choice", field=field)


def check_draft(actor: Actor, account: Account, draft: BatchDraft) -> None:
    """As `check_opening`, for a batch that is asked for."""
    check_opening(actor, account, draft.rate_group, draft.ctd_billing_model, draft.number_preset)


def check_has_group(batch: CardBatch) -> None:
    """Raise Refused where a batch has no rate group: accounts that its cards open could not call,
    so none of them is released.
    """
    if batch.rate_group_id is None:
        raise Refused(
            _(
                "The batch has no rate group: accounts that its cards open could not call. Choose"
                " one for it first."
            ),
            code="no_rate_group",
        )


def check_keeps_group(batch: CardBatch, group: RateGroup | None) -> None:
    """Raise Refused, with the field, where a batch of which cards were released would lose its rate
    group: they could not have been released without.
    """
    if group is None and batch.rate_group_id is not None and batch.released:
        raise Refused(
            _("Cards of this batch are released: it needs a rate group. Choose another one."),
            code="group_needed",
            field="rate_group",
        )


def check_words(name: str, memo: str) -> None:
    """Raise Refused, with the field, for what is no name or no memo of a batch."""
    if not tidied(name):
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


def is_deletable(batch: CardBatch) -> bool:
    """Whether no card of the batch was ever sold or used."""
    return not batch.cards.filter(touched()).exists()


def check_deletable(batch: CardBatch) -> None:
    """Raise Refused unless `is_deletable`."""
    if not is_deletable(batch):
        raise was_touched()


def was_touched() -> Refused:
    """The refusal to delete a batch one of whose cards was."""
    return Refused(
        _("A card of this batch was sold or used. Withdraw the others, or block the batch."),
        code="card_touched",
    )


def touched() -> Q:
    """A condition for cards: sold, or used."""
    return Q(sold_at__isnull=False) | Q(activated_at__isnull=False)

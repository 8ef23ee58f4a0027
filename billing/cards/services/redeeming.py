"""Using a card: it opens an account or recharges one, and never twice (docs/domain.md 8).

The face value is posted from the house account of phone cards. The card's own row decides: it is
turned to used by one statement at the end, and whoever comes second finds nothing to turn.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, check_allowed, fresh, require
from accounts.core.authorizations import Authorization
from accounts.core.availability_deeds import answers
from accounts.core.locks import in_locked_trees, said_busy
from accounts.core.models import Account
from accounts.core.querysets import chains
from accounts.core.record import record
from accounts.kit.encryption import lookup_hashes
from accounts.kit.errors import Busy, NotAllowed, Refused
from accounts.numbers.presets import presets
from accounts.numbers.rules import RuleDraft
from accounts.numbers.services import number_rules_set
from accounts.numbers.verdict import Purpose
from accounts.tree.services.accounts import account_create
from billing.cards import pins
from billing.cards.models import Card, CardBatch
from billing.cards.queries import cards_of
from billing.cards.services.attempts import pin_attempt, wrong_pin
from billing.handing_out.services.rate_groups import group_of_card_given
from billing.ledger.models import House, Transaction
from billing.ledger.services.posting import (
    Movement,
    input_hash,
    into,
    key_of_person,
    post,
    posted_before,
)
from billing.money import plain

Status = Card.Status


@dataclass(frozen=True)
class RedeemPlan:
    """What a card would do: its value goes to `target`, or opens an account below its agent."""

    card: Card
    target: Account | None
    new_account_id: str
    amount: Decimal
    # The end of the new account; None: without end.
    valid_until: datetime | None


def find_by_pin(actor: Actor, pin: str, *, field: str = "pin") -> Card:
    """The card with this PIN in the actor's scope, whichever key its hash was made with.

    Raises WrongPin; call it within `pin_attempt`.
    """
    bare = pins.typed(pin)
    hashes = lookup_hashes(bare or pin, pins.PURPOSE)
    card = cards_of(actor).filter(lookup_hash__in=hashes).first()
    if card is None:
        raise wrong_pin(field)
    return card


def may_try(actor: Actor) -> Actor:
    """The fresh actor, once it holds authorization 3 at all. Raises NotAllowed."""
    actor = fresh(actor)
    if actor.is_operator:
        raise NotAllowed(_("Phone cards are managed in the portal."), code="portal_only")
    own = Account.objects.within(actor.scope).reached(actor.own.pk) if actor.own else None
    check_allowed(actor, Authorization.MANAGE_PHONE_CARD, own)
    return actor


def card_look_up(*, actor: Actor, pin: str) -> Card:
    """The card with this complete PIN. Who looked is in the audit log.

    Raises WrongPin, TooManyAttempts, NotAllowed.
    """
    may_try(actor)
    with pin_attempt(actor), transaction.atomic():
        card = find_by_pin(may_try(actor), pin, field="text")
        actor = require(actor, Authorization.MANAGE_PHONE_CARD, card.batch.account)
        record(actor=actor, action="card.look_up", account=card.batch.account, subject=card.serial)
        return card


def redeem_preview(
    *, actor: Actor, pin: str, target: Account | None, new_account_id: str = ""
) -> RedeemPlan:
    """What `card_redeem` would do; changes nothing. Raises what it raises."""
    may_try(actor)
    with pin_attempt(actor), transaction.atomic():
        actor = may_try(actor)
        card = find_by_pin(actor, pin)
        check_usable(card)
        _check_target(actor, card, target)
        until = timezone.now() + timedelta(days=card.batch.valid_days or 0)
        return RedeemPlan(
            card=card,
            target=target,
            new_account_id="" if target else new_account_id or card.serial,
            amount=card.batch.face_value,
            valid_until=until if card.batch.valid_days and target is None else None,
        )


@answers
def card_redeem(
    *,
    actor: Actor,
    pin: str,
    target: Account | None,
    new_account_id: str = "",
    idempotency_key: str,
) -> Transaction:
    """Use the card with this PIN, once, and return its transaction.

    With a `target` its balance gets the face value. Without one an account of type phone card is
    opened below the card's agent, which takes authorization 1 as well, named `new_account_id` or
    like the serial. Sent again with the same key, the first transaction comes back.

    Raises WrongPin and TooManyAttempts, Refused (with the field) for a card that cannot be used or
    an account that takes none, KeyReused, NotInScope, NotAllowed, Busy.
    """
    key = key_of_person(idempotency_key)
    may_try(actor)

    def work(_trees: dict[int, Account]) -> Transaction:
        nonlocal actor
        card = find_by_pin(may_try(actor), pin)
        actor = require(actor, Authorization.MANAGE_PHONE_CARD, card.batch.account)
        # The card's own key: nothing that is kept says anything about its PIN.
        asked = {"card": card.pk, "target": target.pk if target else None, "new": new_account_id}
        digest = input_hash(asked)
        first = posted_before(actor.user, key, digest)
        if first is not None:
            return first
        return use_card(actor, card, target, new_account_id, key=key, digest=digest)

    with pin_attempt(actor), said_busy():
        # An account is opened under the lock of its tree, which comes before the use of 3.
        below = None if target else find_by_pin(may_try(actor), pin).batch.account_id
        return in_locked_trees(work, touching=[] if below is None else [below])


def use_card(
    actor: Actor, card: Card, target: Account | None, new_account_id: str, *, key: str, digest: str
) -> Transaction:
    """Give the value of a card to `target`, or to the account that it opens; under the lock of the
    tree of its batch where it opens one. Raises as `card_redeem`.
    """
    check_usable(card)
    _check_target(actor, card, target)
    used_at = timezone.now()
    days = card.batch.valid_days
    until = used_at + timedelta(days=days) if days and target is None else None
    given: dict[str, Any] = {}
    payee = target or _opened(actor, card, new_account_id, until)
    if target is None:
        given = _given(actor, card.batch, payee)
    made = post(
        actor,
        Movement(
            kind=Transaction.Kind.CARD,
            account=payee,
            amount=card.batch.face_value,
            legs=into(payee, card.batch.face_value, House.CARDS),
            reference=card.serial,
        ),
        key=key,
        digest=digest,
    )
    if not made.is_new:
        return made
    _refuse_moved(card, payee)
    # Deeds on many cards of a batch, and what counts them, come one after the other.
    batch = CardBatch.objects.select_for_update().filter(pk=card.batch_id).first()
    if batch is None:
        # It was deleted meanwhile: there is no such card.
        raise wrong_pin("pin")
    if batch.state == CardBatch.State.BLOCKED:
        raise card_blocked()
    is_open = batch.cards.open().filter(pk=card.pk).exists()
    usable = Card.objects.filter(pk=card.pk, status__in=Card.UNUSED, released_at__isnull=False)
    turned = usable.update(
        status=Status.USED_UP if target else Status.ACTIVE,
        account=payee,
        transaction=made.pk,
        activated_at=used_at,
        expires_at=until,
    )
    if not turned:
        # Somebody else was faster, with whatever it was; with this the money goes back as well.
        check_usable(cards_of(actor).get(pk=card.pk))
        raise Busy
    if is_open:
        batch.open_cards -= 1
        batch.save(update_fields=["open_cards"])
    record(
        actor=actor,
        action="card.redeem" if target else "card.activate",
        account=payee,
        subject=card.serial,
        after={
            "amount": plain(card.batch.face_value),
            "payment": made.pk,
            "agent": card.batch.account.account_id,
            **given,
        },
    )
    return made


def check_usable(card: Card) -> None:
    """Raise Refused, in words, for a card that is worth nothing now."""
    standing = card.standing_at(timezone.now())
    if standing in (Status.ACTIVE, Status.USED_UP):
        raise _used_already()
    if standing == Status.LOCKED or card.batch.state == CardBatch.State.BLOCKED:
        raise card_blocked()
    if standing == Status.WITHDRAWN:
        raise Refused(_("This card was withdrawn."), code="card_withdrawn", field="pin")
    if standing == Status.EXPIRED:
        raise card_expired()
    if card.released_at is None:
        raise Refused(_("This card is not released yet."), code="card_not_released", field="pin")
    if any(link.is_stopped() for link in chains([card.batch.account_id])[card.batch.account_id]):
        raise Refused(
            _("The agent of this card is locked or expired, here or at a level above."),
            code="agent_stopped",
            field="pin",
        )


def card_blocked() -> Refused:
    return Refused(_("This card is blocked."), code="card_blocked", field="pin")


def card_expired() -> Refused:
    return Refused(_("This card has expired."), code="card_expired", field="pin")


def _used_already() -> Refused:
    return Refused(_("This card was used already."), code="card_used", field="pin")


def _check_target(actor: Actor, card: Card, target: Account | None) -> None:
    """Raise Refused for an account that takes no card: a card recharges what is directly below its
    agent. One of a level further up would spend the money of the agent between.
    """
    if target is None:
        return
    # Read through the actor's scope again.
    current = Account.objects.within(actor.scope).filter(pk=target.pk).first()
    if current is None:
        raise Refused(_("There is no such account."), code="unknown_account", field="account")
    if current.status == Account.Status.CLOSED:
        raise Refused(_("A closed account takes no payments."), code="closed", field="account")
    if current.type == Account.Type.CLEARING:
        raise Refused(_("A clearing account takes no cards."), code="clearing", field="account")
    if current.parent_id != card.batch.account_id:
        raise _not_below(card)


def _not_below(card: Card) -> Refused:
    return Refused(
        _("A card of %(agent)s recharges an account directly below %(agent)s.")
        % {"agent": card.batch.account.account_id},
        code="not_directly_below",
        field="account",
    )


def _opened(actor: Actor, card: Card, account_id: str, until: datetime | None) -> Account:
    """The account of type phone card that the card opens."""
    return account_create(
        actor=actor,
        account_id=account_id or card.serial,
        name=_("Card %(serial)s") % {"serial": card.serial},
        parent=card.batch.account,
        type=Account.Type.PHONE_CARD,
        valid_until=until,
        ctd_billing_model=card.batch.ctd_billing_model,
    )


def _given(actor: Actor, batch: CardBatch, account: Account) -> dict[str, Any]:
    """Give the new account what was chosen with the batch, for the record: its rate group, and the
    rules of its preset, as whoever opened the account may set them.
    """
    given: dict[str, Any] = {}
    if batch.rate_group is not None:
        given["rate_group"] = group_of_card_given(account, batch.rate_group)
    if batch.number_preset:
        preset = presets()[batch.number_preset]
        drafts = [RuleDraft(rule.section, rule.is_allow) for rule in preset.rules]
        number_rules_set(actor=actor, account=account, drafts={Purpose.DESTINATION: drafts})
        given["number_preset"] = preset.name
    return given


def _refuse_moved(card: Card, payee: Account) -> None:
    """Asked again once the posting has locked the wallet, which moves and closings wait for."""
    one = Account.objects.get(pk=payee.pk)
    if one.status == Account.Status.CLOSED:
        raise Refused(_("A closed account takes no payments."), code="closed", field="account")
    if one.parent_id != card.batch.account_id:
        raise _not_below(card)

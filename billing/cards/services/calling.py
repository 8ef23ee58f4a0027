"""A call to an access number is a card's: of the one whose PIN the caller says, or of the one that
the caller's number is bound to (docs/domain.md 8). The first such call opens the card's account.
"""

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.core.actor import SYSTEM
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.encryption import lookup_hashes
from accounts.kit.errors import Refused
from billing.cards import pins
from billing.cards.models import Card, CardCaller
from billing.cards.services.attempts import pin_called, wrong_pin
from billing.cards.services.redeeming import card_blocked, card_expired, check_usable, use_card
from billing.ledger.models import Transaction
from billing.ledger.services.posting import input_hash

Status = Card.Status


@sensitive_variables("pin")
def card_calling(*, business: Account, pin: str, caller: str, came_by: str) -> Card:
    """The card that pays for a call to an access number of `business`, whose cards are its own and
    those below it. `caller`: the number that calls, "" where it is none; `came_by`: the phone or
    gateway that the call comes in by.

    Raises WrongPin, TooManyAttempts, Refused (without a PIN `pin_needed`) for a card that cannot be
    used, Busy.
    """
    if not pin:
        return card_bound(business=business, caller=caller)
    with pin_called(came_by, caller):
        card = _by_pin(business, pin)
    if card.activated_at is None:
        card = _opened(card)
    return _in_use(card)


def card_bound(*, business: Account, caller: str) -> Card:
    """The card that a caller's number is bound to, which pays for a call without a PIN; as
    `card_calling`. Reads alone.

    Raises Refused, without a card of the number `pin_needed`.
    """
    return _in_use(_bound(business, caller))


@sensitive_variables("pin")
def _by_pin(business: Account, pin: str) -> Card:
    bare = pins.typed(pin)
    hashes = lookup_hashes(bare or pin, pins.PURPOSE)
    own = _CARDS.filter(in_scope(Scope.of(business.pk), "batch__account"))
    card: Card | None = own.filter(lookup_hash__in=hashes).first()
    if card is None:
        raise wrong_pin()
    return card


def _bound(business: Account, caller: str) -> Card:
    """The card of a number; of several, among agents of one business, the first it came to that can
    pay: nobody takes another's caller over.
    """
    callers = CardCaller.objects.filter(in_scope(Scope.of(business.pk), "agent"), number=caller)
    keys = (
        list(callers.order_by("pk").values_list("card", flat=True)[:_LOOKED_AT]) if caller else []
    )
    if not keys:
        raise Refused(_("Say the PIN of the card."), code="pin_needed", field="pin")
    cards = _CARDS.select_related("account__wallet").in_bulk(keys)
    return next((cards[pk] for pk in keys if _can_pay(cards[pk])), cards[keys[0]])


def _can_pay(card: Card) -> bool:
    available = card.account.wallet.available if card.account else Decimal(0)
    is_active = card.standing_at(timezone.now()) == Status.ACTIVE
    return is_active and (available is None or available > 0)


# So many agents of a business may have bound one number.
_LOOKED_AT = 20
_CARDS = Card.objects.select_related("batch__account", "batch__rate_group", "account")


def _opened(card: Card) -> Card:
    """The card, once its account is open: by this call, or by another one at the same moment."""

    def work(_trees: dict[int, Account]) -> Transaction | None:
        current = _CARDS.get(pk=card.pk)
        if current.activated_at is not None:
            return None
        # Its own key: a card is used once.
        digest = input_hash({"card": card.pk})
        return use_card(SYSTEM, current, None, "", key=f"call:{card.pk}", digest=digest)

    check_usable(card)
    in_locked_trees(work, touching=[card.batch.account_id])
    return _CARDS.get(pk=card.pk)


def _in_use(card: Card) -> Card:
    """The card, if it opened an account that may call. Raises Refused."""
    standing = card.standing_at(timezone.now())
    if standing == Status.LOCKED:
        raise card_blocked()
    if standing == Status.EXPIRED:
        raise card_expired()
    if standing != Status.ACTIVE:
        check_usable(card)
    return card

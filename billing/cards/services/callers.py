"""The numbers whose calls to an access number are a card's without its PIN (docs/domain.md 8).

Authorization 3 on the batch's account. Who calls is what carriers say of it: a number is bound by
hand, never by calling.
"""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.kit.errors import Refused
from accounts.numbers.digits import NotANumber
from accounts.numbers.reading import normalised
from billing.cards.models import Card, CardCaller
from billing.cards.services.deeds import in_locked_accounts, locked_card, record_card_deed

# Of one card.
MOST = 10


def card_callers_set(
    *, actor: Actor, card: Card, numbers: Iterable[str], reason: str = ""
) -> list[str]:
    """Bind these numbers to a card that opened an account, and no others; return them in order.

    Raises Refused (field `numbers`) for what is no number, for one that is another card's of the
    same agent, for too many, and for a card that was not used yet; NotInScope, NotAllowed, Busy.
    """
    wanted = _clean(numbers)

    def work(actor: Actor) -> Card:
        current = locked_card(card)
        if wanted and current.account_id is None:
            raise Refused(
                _("Numbers are bound to a card once it opened its account."),
                code="card_not_used",
                field="numbers",
            )
        kept = sorted(current.callers.values_list("number", flat=True))
        if kept == wanted:
            return current
        current.callers.exclude(number__in=wanted).delete()
        try:
            with transaction.atomic():
                _bind(current, sorted(set(wanted) - set(kept)))
        except IntegrityError:
            # Another card's, by now or at this very moment.
            _refuse_bound(current, wanted)
            raise
        record_card_deed(actor, current, "callers", {"callers": kept}, {"callers": wanted}, reason)
        return current

    in_locked_accounts(actor, card, work)
    return wanted


def _bind(card: Card, numbers: Iterable[str]) -> None:
    agent = card.batch.account
    CardCaller.objects.bulk_create(
        [CardCaller(card=card, agent=agent, number=number) for number in numbers]
    )


def _refuse_bound(card: Card, numbers: Iterable[str]) -> None:
    """Raise Refused for the first that is another card's: of the same agent, and no secret here."""
    others = CardCaller.objects.filter(agent=card.batch.account_id, number__in=list(numbers))
    for one in others.exclude(card=card).select_related("card").order_by("number")[:1]:
        raise Refused(
            _("%(number)s is bound to card %(serial)s.")
            % {"number": one.number, "serial": one.card.serial},
            code="bound_already",
            field="numbers",
        )


def _clean(numbers: Iterable[str]) -> list[str]:
    try:
        found = sorted({normalised(one) for one in numbers if one.strip()})
    except NotANumber as error:
        raise Refused(error.message, code=error.code, field="numbers") from error
    if len(found) > MOST:
        raise Refused(
            _("A card has at most %(most)s numbers.") % {"most": MOST},
            code="too_many",
            field="numbers",
        )
    return found

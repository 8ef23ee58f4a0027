"""What billing adds to menus, tabs and the global search about phone cards, for
`accounts.portal.registry`.
"""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import DomainError
from accounts.portal.registry import Hit, Link, SearchSection
from billing.cards.serials import cleaned
from billing.cards.services.batches import cards_called, check_may_have_cards


def _url(actor: Actor, account: Account) -> str | None:
    """Card batches belong to general accounts."""
    if account.type != Account.Type.GENERAL:
        return None
    return reverse("billing:account-cards", args=[account.account_id])


def _new_url(actor: Actor, account: Account) -> str | None:
    if account.type != Account.Type.GENERAL:
        return None
    return reverse("billing:card-batch-new", args=[account.account_id])


def _why_not(actor: Actor, account: Account) -> str:
    decision = decide(actor, Authorization.MANAGE_PHONE_CARD, account)
    if not decision.is_allowed:
        return decision.sentence
    try:
        check_may_have_cards(account)
    except DomainError as refused:
        return str(refused.message)
    return ""


CARDS_TAB = Link("cards", _("Phone cards"), "card", url=_url)
CARDS = Link("cards", _("Phone cards"), "card", url=_url)
NEW_BATCH = Link("new-batch", _("New card batch…"), "card", url=_new_url, reason=_why_not)


def _find(actor: Actor, text: str, most: int) -> Sequence[Hit]:
    """Cards by their serial, or the beginning of it; never by a PIN. One query."""
    return [
        Hit(card.serial, _card_url(card.serial), card.batch.account, card.batch.name)
        for card in cards_called(actor, cleaned(text), most + 1)
    ]


def _exact(actor: Actor, text: str) -> str:
    found = cards_called(actor, cleaned(text), 1)
    return _card_url(found[0].serial) if found and found[0].serial == cleaned(text) else ""


def _card_url(serial: str) -> str:
    return reverse("billing:card", args=[serial])


SEARCH = SearchSection("cards", _("Phone cards"), "card", _find, _exact)

"""What the global search finds by its key: payments, batches of cards, distributions."""

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.portal.object_search import called_by_uuid, keyed
from accounts.portal.registry import Hit
from billing.cards.models import CardBatch
from billing.cards.services.batches import batches_of
from billing.distributions.services.drafts import distributions_of
from billing.ledger.models import Transaction
from billing.payments.queries import own_side, receipts_of


def _payment(actor: Actor, number: int) -> Hit | None:
    one = receipts_of(actor).filter(pk=number).first()
    if one is None:
        return None
    url = reverse("billing:payment", args=[one.pk])
    return Hit(one.key, url, own_side(actor, one), str(one.get_kind_display()))


def _card_batch(actor: Actor, number: int) -> Hit | None:
    one = batches_of(actor).filter(pk=number).first()
    if one is None:
        return None
    return Hit(one.key, reverse("billing:card-batch", args=[one.pk]), one.account, one.name)


def _distribution(actor: Actor, key: UUID) -> Hit | None:
    one = distributions_of(actor).filter(pk=key).first()
    if one is None:
        return None
    return Hit(str(one.pk), reverse("billing:distribution", args=[one.pk]), None, one.memo)


SECTIONS = [
    keyed("payments", _("Payments"), "payment", Transaction.key_kind, _payment),
    keyed("card-batches", _("Batches of phone cards"), "card", CardBatch.key_kind, _card_batch),
    called_by_uuid("distributions", _("Distributions"), "payment", _distribution),
]

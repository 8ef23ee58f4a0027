"""Batches and cards as somebody may know of them. Nothing here writes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import in_branches, in_scope
from billing.cards.models import Card, CardBatch, PinsTaken
from billing.cards.serials import cleaned
from billing.handing_out.queries.rate_groups import owners_left


def batches_of(actor: Actor) -> QuerySet[CardBatch]:
    """The batches of the accounts the actor reaches."""
    scope = actor.scope
    if scope.is_empty:
        return CardBatch.objects.none()
    return CardBatch.objects.filter(in_scope(scope, "account")).select_related("account")


def strayed_batches(accounts: Sequence[Account]) -> QuerySet[CardBatch]:
    """The batches of these accounts, and of all below them, whose rate group belongs to an agent
    that is neither the batch's account nor stands above it.
    """
    owners = Account.objects.filter(
        pk=OuterRef("rate_group__owner"),
        tree_id=OuterRef("account__tree_id"),
        lft__lte=OuterRef("account__lft"),
        rght__gte=OuterRef("account__rght"),
    )
    owned = CardBatch.objects.filter(in_branches(accounts), rate_group__owner__isnull=False)
    return owned.filter(~Exists(owners))


def batches_to_stray(accounts: Sequence[Account], target: Account | None) -> QuerySet[CardBatch]:
    """Those that would, once these accounts were moved below `target`."""
    owners = owners_left(accounts, target)
    return CardBatch.objects.filter(in_branches(accounts), rate_group__owner__in=owners)


def batches_matching(batches: QuerySet[CardBatch], text: str) -> QuerySet[CardBatch]:
    """Those of some batches whose name holds `text`, whose serials begin like it, or which have the
    card of this very serial.
    """
    serial = cleaned(text)
    if not serial:
        return batches
    with_card = Card.objects.filter(serial=serial).values("batch")
    return batches.filter(
        Q(name__icontains=text) | Q(serial_prefix__startswith=serial) | Q(pk__in=with_card)
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


def without_group(batches: QuerySet[CardBatch]) -> QuerySet[CardBatch]:
    """Those of some batches that have no rate group: accounts that their cards open cannot call."""
    return batches.filter(rate_group__isnull=True)


def any_live_without_group(now: datetime) -> QuerySet[CardBatch]:
    """A batch on the platform without a rate group, and with cards that open accounts all the same:
    released before it had to have one, or before a move took it away. The first, if there is one.
    """
    batches = without_group(CardBatch.objects.exclude(state=CardBatch.State.BLOCKED))
    live = Q(open_cards__gt=0) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    dated: Any = Card.objects.outstanding_with_own_day(now).filter(batch=OuterRef("pk"))
    found = batches.filter(live | Exists(dated)).order_by().values("pk")
    return CardBatch.objects.filter(pk__in=found[:1])


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


def callers_of(card: Card) -> list[str]:
    """The numbers that call with a card, in order. One query."""
    return list(card.callers.order_by("number").values_list("number", flat=True))


def cards_called(actor: Actor, text: str) -> QuerySet[Card]:
    """The cards whose serial begins like this."""
    return cards_of(actor).filter(serial__beginning=text).order_by("serial")


def cards_by_standing(batch: CardBatch) -> dict[str, int]:
    """How many cards of a batch there are in each state, states without any left out. One query,
    whose cost is the size of the batch.
    """
    cards: Any = batch.cards.all()
    rows = cards.with_standing().order_by().values("standing").annotate(n=Count("pk"))
    return {row["standing"]: row["n"] for row in rows}


def pins_taken_in(actor: Actor) -> QuerySet[PinsTaken]:
    """Every time that PINs of cards of the accounts the actor reaches were taken out."""
    if actor.scope.is_empty:
        return PinsTaken.objects.none()
    rows = PinsTaken.objects.filter(in_scope(actor.scope, "account"))
    return rows.select_related("login", "by_account", "account", "batch")


def pins_taken_of(batch: CardBatch) -> QuerySet[PinsTaken]:
    """When the PINs of a batch were taken out before, the latest first."""
    return batch.pins_taken.select_related("login", "by_account").order_by("-pk")


def chosen(batch: CardBatch, serials: Sequence[str]) -> Any:
    """The cards of a batch with these serials; others are left out."""
    return batch.cards.filter(serial__in=[cleaned(one) for one in serials])

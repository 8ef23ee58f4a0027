"""A deck is taken back as a whole, while nothing was charged or held by it (docs/domain.md 7): what
it began never counted, what it ended goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.record import record
from accounts.kit.errors import Refused
from billing.rates.models import Rate, RateImport
from billing.rates.queries import charged_since, held_since
from billing.rates.services.deck_checks import BATCH
from billing.rates.services.deck_entering import versions_of
from billing.rates.services.decks import in_locked_deck
from billing.rates.services.keeping import check_not_charged, kept_group, touched

State = RateImport.State
_NAMED = 5
# Charges that a page counts.
MOST_COUNTED = 1_000


def deck_undo(*, actor: Actor, deck: RateImport) -> RateImport:
    """Take a deck back. Raises Refused for one that is not entered, whose rates were changed since,
    or by which a call was charged or let through; NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, deck = in_locked_deck(actor, deck)
        _check_may_be_undone(deck)
        now = timezone.now()
        check_not_charged(deck.group, _counting_anew(deck, now))
        count = Rate.objects.filter(begun_by=deck).update(void_at=now, version=F("version") + 1)
        back = {"effective_until": F("until_before"), "until_before": None}
        going_on = Rate.objects.filter(ended_by=deck).update(
            void_at=None, ended_by=None, version=F("version") + 1, **back
        )
        touched(deck.group)
        deck.state, deck.undone_at = State.UNDONE, now
        deck.save(update_fields=["state", "undone_at"])
        record(
            actor=actor,
            action="rate_import.undo",
            account=deck.group.owner,
            subject=deck.group.name,
            after={"file": deck.file_name, "taken_back": count, "going_on": going_on},
        )
        return deck


@dataclass(frozen=True)
class UndoPlan:
    """What taking a deck back would do: how many rates would never have counted, how many would go
    on. Against it stand `charged`, how many charges, and `held`, how many calls that were let
    through and are not charged yet, by the prefix they were made by; counted no further than
    `MOST_COUNTED`, and one more where there are more.
    """

    begun: int
    going_on: int
    charged: Mapping[str, int]
    held: Mapping[str, int]


def undo_preview(*, actor: Actor, deck: RateImport) -> UndoPlan:
    """What `deck_undo` would do, and the calls that stand against it. Raises as `deck_undo`, but
    for these.
    """
    actor, group = kept_group(actor, deck.group_id, lock=False)
    _check_may_be_undone(deck)
    anew = _counting_anew(deck, timezone.now())
    return UndoPlan(
        Rate.objects.filter(begun_by=deck).count(),
        Rate.objects.filter(ended_by=deck).count(),
        charged_since(group, anew, MOST_COUNTED + 1),
        held_since(group, anew, MOST_COUNTED + 1),
    )


def _counting_anew(deck: RateImport, now: datetime) -> dict[str, datetime]:
    """The prefixes that cost something else once the deck is taken back, each with the moment since
    which: what it began, and what it ended.
    """
    begun = Rate.objects.filter(begun_by=deck, effective_from__lte=now)
    ended = Rate.objects.filter(ended_by=deck, effective_until__lte=now)
    since: Any = ended.annotate(since=F("effective_until")).values_list("prefix", "since")
    rows = [*since, *begun.values_list("prefix", "effective_from")]
    # The earliest of a prefix counts.
    return dict(sorted(rows, key=lambda row: row[1], reverse=True))


def _check_may_be_undone(deck: RateImport) -> None:
    if deck.state != State.COMMITTED:
        raise Refused(_("This deck is not entered."), code="not_entered")
    changed: list[Rate] = []
    if versions_of(deck) != deck.layout["versions"]:
        rates = Rate.objects.filter(Q(begun_by=deck) | Q(ended_by=deck))
        changed += rates.order_by("-version", "pk")[:_NAMED]
    changed += [] if changed else _colliding(deck)
    if changed:
        prefixes = list(dict.fromkeys(one.prefix for one in changed))[:_NAMED]
        words = ngettext(
            "This price was changed since: %(prefixes)s. Change it as it should be instead.",
            "Prices were changed since, among them %(prefixes)s. Change them as they should be"
            " instead.",
            len(prefixes),
        )
        raise Refused(words % {"prefixes": ", ".join(prefixes)}, code="changed_since")


def _colliding(deck: RateImport) -> Iterator[Rate]:
    """Rates entered since that would stand beside one that goes on again."""
    ended = Rate.objects.filter(ended_by=deck)
    later = Rate.objects.standing().filter(group=deck.group, created_at__gte=deck.committed_at)
    # What it began and ended itself is no news.
    later = later.exclude(begun_by=deck).exclude(ended_by=deck)
    last = 0
    while some := _page(later, last):
        last = some[-1].pk
        by_prefix: dict[str, list[Rate]] = {}
        for one in ended.filter(prefix__in={one.prefix for one in some}):
            one.effective_until, one.until_before = one.until_before, None
            by_prefix.setdefault(one.prefix, []).append(one)
        for one in some:
            if any(one.plain.collides(other.plain) for other in by_prefix.get(one.prefix, ())):
                yield one
                return


def _page(rates: "QuerySet[Rate]", last: int) -> Sequence[Rate]:
    return list(rates.filter(pk__gt=last).order_by("pk")[: BATCH // 2])

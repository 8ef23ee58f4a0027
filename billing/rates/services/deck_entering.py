"""A deck is entered: what it replaces ends, what it says begins, all of it or nothing
(docs/domain.md 7).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Min, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.record import insert_selected, record
from accounts.jobs.services.jobs import job_start
from accounts.jobs.services.work import Work, is_seen_meanwhile
from accounts.kit.batches import batched
from accounts.kit.errors import Clash, Refused
from billing.rates.models import DeckPiece, DeckRow, Rate, RateImport
from billing.rates.services.deck_checks import BATCH, Found, Told, compare
from billing.rates.services.decks import ENTER, check_open, in_locked_deck, job_input
from billing.rates.services.keeping import check_not_charged, touched

Kind, State = DeckRow.Kind, RateImport.State
# The kinds of rows that begin a rate, and those that end one.
BEGINNING = (Kind.NEW, Kind.RAISED, Kind.LOWERED, Kind.CHANGED)
_ENDING = (Kind.RAISED, Kind.LOWERED, Kind.CHANGED, Kind.ENDING)

# So many rows at a time; between them it is said how far it is.
_PORTION = 5_000
# Hears how much of the whole is done.
Share = Callable[[float], None]

# What a rate has of the row that begins it.
_SAME = (
    "prefix", "destination", "price", "connection_fee", "first_block", "increment",
    "effective_from", "effective_until", "is_locked", "days", "period_begin", "period_end",
)  # fmt: skip


def deck_enter(*, actor: Actor, deck: RateImport, leaves_out: bool, expected: str) -> RateImport:
    """Have a worker enter a deck that was checked; `leaves_out`: without the rows that are refused.
    `expected` is the digest of what was shown.

    Raises Refused where there is nothing to enter, or rows are refused that are not to be left out;
    Clash where it was checked again since, NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, deck = in_locked_deck(actor, deck)
        check_open(deck)
        _check_may_enter(deck, leaves_out)
        if expected != deck.layout["digest"]:
            words = _("This deck was checked again in the meantime. Look at it once more.")
            raise Clash(words, code="changed_meanwhile")
        deck.commit_job = job_start(
            actor=actor,
            kind=ENTER,
            input={**job_input(deck), "leaves_out": leaves_out},
            total=changed_by(deck.counts) if is_seen_meanwhile() else 0,
        )
        deck.state = State.COMMITTING
        deck.save(update_fields=["commit_job", "state"])
        return deck


def enter(work: Work) -> None:
    """The work of a job of the kind ENTER: all of it in one transaction, so that begun again it
    does nothing twice.
    """
    deck = RateImport.objects.filter(pk=work.input["deck"]).first()
    if deck is None:
        raise Refused(_("This deck is gone. Nothing was entered."), code="gone")
    with said_busy(), work.commit():
        deck = entered(work.actor, deck, work.input["leaves_out"], work.progress)
        work.finish(dict(deck.counts))


def entered(actor: Actor, deck: RateImport, leaves_out: bool, told: Told) -> RateImport:
    """The deck once it is entered; within a transaction. Raises as `deck_enter`, and Refused where
    the group has changed since in a way that would make something else of it.
    """
    actor, deck = in_locked_deck(actor, deck)
    if deck.state == State.COMMITTED:
        return deck
    _check_may_enter(deck, leaves_out)
    now, moment = timezone.now(), datetime.fromisoformat(deck.layout["moment"])
    total = changed_by(deck.counts)

    def so_far(share: float) -> None:
        told(int(share * total), total)

    so_far(0)
    # To compare it again takes as long as the rest.
    begun = 0.5 if _checked_again(deck, moment, now, lambda share: so_far(share / 2)) else 0.0
    past = deck.rows.filter(kind__in=BEGINNING, effective_from__lt=moment).order_by(
        "-effective_from"
    )
    check_not_charged(deck.group, dict(past.values_list("prefix", "effective_from")))
    # A row is half done when what it replaces has ended, and done when its rate has begun.
    rest = (1 - begun) / 2
    _end(deck, moment, now, lambda share: so_far(begun + share * rest))
    _begin(deck, moment, now, lambda share: so_far(begun + (1 + share) * rest))
    touched(deck.group)
    deck.state, deck.committed_at = State.COMMITTED, now
    # Compared when it is to be undone: every change of a rate makes its version grow.
    deck.layout["versions"] = versions_of(deck)
    deck.save(update_fields=["state", "committed_at", "layout"])
    DeckPiece.objects.filter(deck=deck).delete()
    record(
        actor=actor,
        action="rate_import.enter",
        account=deck.group.owner,
        subject=deck.group.name,
        after={"file": deck.file_name, "is_full": deck.is_full, **_told_counts(deck)},
    )
    return deck


def begun_by(counts: dict[str, int]) -> int:
    """How many rates a deck begins."""
    return sum(counts.get(kind, 0) for kind in BEGINNING)


def changed_by(counts: dict[str, int]) -> int:
    """How many rates a deck begins, or ends without another in their place."""
    return begun_by(counts) + counts.get(Kind.ENDING, 0)


def versions_of(deck: RateImport) -> list[int]:
    """The versions, added up, of the rates that a deck began, and of those it ended."""
    return [
        Rate.objects.filter(**{name: deck}).aggregate(all=Sum("version"))["all"] or 0
        for name in ("begun_by", "ended_by")
    ]


def _check_may_enter(deck: RateImport, leaves_out: bool) -> None:
    counts = deck.counts
    if deck.state not in (State.CHECKED, State.COMMITTING):
        raise Refused(_("This deck is not ready to be entered."), code="not_ready")
    if not changed_by(counts):
        raise Refused(_("This deck changes nothing."), code="nothing_to_do")
    if counts.get(Kind.REFUSED) and not leaves_out:
        raise Refused(
            _("Say that the refused rows are left out, or correct the deck."),
            code="rows_refused",
            field="leaves_out",
        )
    if deck.is_full and counts.get("unreadable"):
        raise Refused(
            _(
                "In a full deck what is missing ends: rows whose prefix cannot be read cannot be"
                " left out. Correct them, or hand the deck in as “changes only”."
            ),
            code="full_unreadable",
            field="leaves_out",
        )


def _checked_again(deck: RateImport, moment: datetime, now: datetime, told: Share) -> bool:
    """Whether anything has happened since the check, so that the deck was compared again. Raises
    Refused where it would not do any more what the check has shown.
    """
    since = Q(effective_from__gt=moment, effective_from__lte=now)
    since |= Q(effective_until__gt=moment, effective_until__lte=now)
    has_changed = (
        deck.group_version != deck.group.version
        or Rate.objects.standing().filter(since, group=deck.group).exists()
        or deck.rows.exclude(kind=Kind.REFUSED).filter(since).exists()
    )
    if not has_changed:
        return False
    found = Found(now)
    compare(deck, found, None, lambda done, rows: told(done / max(rows, 1)))
    if found.digest != deck.layout["digest"]:
        raise Refused(
            _("Since the check the group has changed, or a date has passed. Check the deck again."),
            code="changed_since",
        )
    return True


def _end(deck: RateImport, moment: datetime, now: datetime, told: Share) -> None:
    """End what the deck replaces or leaves out; what has not begun by then never counts."""
    for rows, share in _portions(deck):
        ends: dict[datetime, list[int]] = defaultdict(list)
        ending = rows.filter(kind__in=_ENDING, rate__isnull=False)
        for key, kind, since, until in ending.values_list(
            "rate_id", "kind", "effective_from", "effective_until"
        ):
            at = until if kind == Kind.ENDING else since
            assert at is not None
            ends[now if at == moment else at].append(key)
        for at, keys in ends.items():
            for some in batched(keys, BATCH // 2):
                # All of the group; said here, databases would look for them among all of its rates.
                rates = Rate.objects.standing().filter(pk__in=some)
                more = {"ended_by": deck, "version": F("version") + 1}
                rates.filter(effective_from__gte=at).update(
                    until_before=F("effective_until"), void_at=now, **more
                )
                rates.filter(
                    Q(effective_until__isnull=True) | Q(effective_until__gt=at),
                    effective_from__lt=at,
                ).update(until_before=F("effective_until"), effective_until=at, **more)
        told(share)


def _begin(deck: RateImport, moment: datetime, now: datetime, told: Share) -> None:
    """Begin what the deck says, and write down the moment of what begins or ends now."""
    constant = {"group_id": deck.group_id, "begun_by_id": deck.pk, "created_at": now, "version": 1}
    for rows, share in _portions(deck):
        beginning = rows.filter(kind__in=BEGINNING)
        beginning.filter(effective_from=moment).update(effective_from=now)
        rows.filter(effective_until=moment, kind=Kind.ENDING).update(effective_until=now)
        # Written by the database itself: a deck has hundreds of thousands.
        insert_selected(Rate, beginning.order_by("pk").values_list(*_SAME), _SAME, constant)
        told(share)


def _portions(deck: RateImport) -> Iterator[tuple["QuerySet[DeckRow]", float]]:
    """The rows of a deck in their order, so many of them at a time, and how much of the whole it is
    with these. By stretches of the key: whatever the database knows of a table that was filled a
    moment ago, it finds these.
    """
    ends = deck.rows.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    first, last = ends["first"], ends["last"]
    for begin in range(first, last + 1, _PORTION):
        end = min(begin + _PORTION - 1, last)
        yield deck.rows.filter(pk__range=(begin, end)), (end + 1 - first) / (last + 1 - first)


def _told_counts(deck: RateImport) -> dict[str, int]:
    return {kind.value: deck.counts[kind] for kind in Kind if deck.counts.get(kind)}

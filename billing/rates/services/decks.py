"""Decks are handed in, and looked at again with other answers (docs/domain.md 7). Whoever may
change the group does so.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_start
from accounts.kit.errors import NotInScope, Refused
from accounts.kit.legible import is_enterable
from accounts.kit.sheet_stream import MOST_BYTES
from accounts.kit.sheets_in import BadSheet
from accounts.kit.text import tidied
from billing.rates.deck_entries import Answers
from billing.rates.models import DeckPiece, DeckRow, RateImport
from billing.rates.queries import pieces_of
from billing.rates.services.keeping import kept_group
from billing.wallets.models import RateGroup

CHECK, ENTER = "rates-check", "rates-enter"
State = RateImport.State
_PIECE = 1 << 20
# How long a deck waits to be entered, and what it did is shown row by row.
DECK_DAYS = 30


def deck_hand_in(
    *,
    actor: Actor,
    group: RateGroup,
    file: IO[bytes],
    file_name: str,
    is_full: bool,
    effective_at: datetime | None = None,
    answers: Answers | None = None,
    has_job: bool = True,
) -> RateImport:
    """Keep a deck for a group, and have a worker say what it would do. `is_full`: what is missing
    in it ends. `effective_at`: from when its rates count where they do not say so (None: from when
    it is entered). Nothing of the group changes.

    Raises BadSheet for a file that is too large, Refused, NotAllowed, NotInScope, Busy.
    """
    if effective_at is not None and not is_enterable(effective_at):
        raise Refused(_("Enter a day from 2000 to 2099."), code="range", field="effective_at")
    with said_busy(), transaction.atomic():
        actor, kept = kept_group(actor, group.pk, lock=False)
        deck = RateImport.objects.create(
            group=kept,
            file_name=tidied(file_name)[-200:] or _("deck"),
            is_full=is_full,
            effective_at=effective_at,
            layout={"answers": (answers or Answers()).written},
            login=actor.user,
        )
        _keep(deck, file)
        if has_job:
            _start_check(actor, deck)
        return deck


def deck_check_again(
    *, actor: Actor, deck: RateImport, answers: Answers | None = None
) -> RateImport:
    """Have a worker look at a deck once more, with other `answers` where there are some: the group
    has changed, or something had to be asked. Raises Refused for one that was entered or is being
    looked at, NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, deck = in_locked_deck(actor, deck)
        check_open(deck)
        if answers is not None:
            deck.layout = {"answers": answers.written}
        deck.state = State.CHECKING
        deck.save(update_fields=["layout", "state"])
        _start_check(actor, deck)
        return deck


def in_locked_deck(actor: Actor, deck: RateImport) -> tuple[Actor, RateImport]:
    """The fresh actor and a deck of a group it may change, both locked. Raises NotInScope,
    NotAllowed.
    """
    actor, group = kept_group(actor, deck.group_id)
    found = RateImport.objects.select_for_update().filter(pk=deck.pk, group=group).first()
    if found is None:
        raise NotInScope(_("There is no such deck."))
    found.group = group
    return actor, found


def check_open(deck: RateImport) -> None:
    """Raise Refused for a deck that is looked at or entered right now, or was entered."""
    if deck.state in (State.COMMITTED, State.UNDONE):
        raise Refused(_("This deck was entered already."), code="entered")
    if is_busy(deck):
        raise Refused(_("A worker is at this deck right now."), code="busy_deck")


def is_busy(deck: RateImport) -> bool:
    """Whether a job is at it that has not ended."""
    jobs = {State.CHECKING: deck.check_job, State.COMMITTING: deck.commit_job}
    job = jobs.get(State(deck.state))
    return job is not None and job.state in Job.OPEN


@contextmanager
def deck_file(deck: RateImport) -> Iterator[IO[bytes]]:
    """The file that was handed in. Raises Refused where it is gone."""
    with tempfile.TemporaryFile() as file:
        for piece in pieces_of(deck):
            file.write(piece)
        if not file.tell():
            raise Refused(_("The file of this deck is gone."), code="gone")
        file.seek(0)
        yield file


def answers_of(deck: RateImport, **changes: Any) -> Answers:
    """What was said of a deck when it was handed in."""
    return replace(Answers.read(deck.layout["answers"]), **changes)


def _keep(deck: RateImport, file: IO[bytes]) -> None:
    size = 0
    for number, piece in enumerate(iter(lambda: file.read(_PIECE), b"")):
        size += len(piece)
        if size > MOST_BYTES:
            words = _("This file is larger than %(most)s MB.") % {"most": MOST_BYTES // 2**20}
            raise BadSheet(words, "too_large")
        DeckPiece.objects.create(deck=deck, number=number, content=piece)
    if not size:
        raise BadSheet(_("This file is empty."), "empty")


def _start_check(actor: Actor, deck: RateImport) -> None:
    deck.check_job = job_start(actor=actor, kind=CHECK, input=job_input(deck))
    deck.save(update_fields=["check_job"])


def job_input(deck: RateImport) -> dict[str, Any]:
    """What a job about a deck knows of it."""
    return {"deck": deck.pk, "group": deck.group.name, "file": deck.file_name}


def purge_decks() -> int:
    """Delete the decks that nobody entered within DECK_DAYS, with their files, and the rows of
    those that were; for housekeeping. Returns how many decks and rows.
    """
    before = timezone.now() - timedelta(days=DECK_DAYS)
    with transaction.atomic():
        old = RateImport.objects.filter(created_at__lt=before)
        old = old.exclude(check_job__state__in=Job.OPEN).exclude(commit_job__state__in=Job.OPEN)
        # A deck that somebody enters at this very moment is none of them.
        free = old.select_for_update(of=("self",), skip_locked=True)
        waiting = [one.pk for one in free if one.committed_at is None]
        gone, _by_kind = RateImport.objects.filter(pk__in=waiting).delete()
        entered = RateImport.objects.filter(committed_at__lt=before).values("pk")
        rows, _by_kind = DeckRow.objects.filter(deck__in=entered).delete()
        return gone + rows

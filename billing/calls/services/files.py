"""Files of call records: handed in, and taken into the inbox so much at a time (docs/cdr.md)."""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.record import record
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_start
from accounts.kit.batches import batched
from accounts.kit.errors import NotAllowed, Refused
from accounts.kit.sheets_in import BadSheet
from accounts.kit.text import tidied
from billing.calls.files import Line, Problem, RecordSheet
from billing.calls.models import MOST_SOURCE, RecordFile, RecordPiece
from billing.calls.queries import pieces_of
from billing.calls.services.intake import records_taken

# The kind of the jobs that take a file in and charge what is in it.
IMPORT = "calls-import"
SOURCE = "file"
# What a page takes; packed, that is many times as much.
MOST_BYTES = 64 * 1024 * 1024
# Lines that come into the inbox together.
PART = 5_000
# Lines that nobody could read and that are kept with what is wrong with them; all are counted.
MOST_PROBLEMS = 1_000
# How long a file is kept that nobody came to read.
KEPT = timedelta(days=30)
_PIECE = 1 << 20
_SOURCE = re.compile(rf"[A-Za-z0-9._-]{{1,{MOST_SOURCE}}}")

Part = Callable[[Mapping[str, Any]], AbstractContextManager[None]]


def check_source(source: str) -> str:
    """The name of who brings records, as it may be. Raises Refused."""
    if not _SOURCE.fullmatch(source):
        words = _("A source is named by 1 to %(most)s letters, digits, dots, dashes, underscores.")
        raise Refused(words % {"most": MOST_SOURCE}, code="source", field="source")
    return source


def file_hand_in(
    *, actor: Actor, file: IO[bytes], file_name: str, source: str = SOURCE, is_rewritten: bool
) -> RecordFile:
    """Keep a file of records and have a worker take it in. `is_rewritten`: its callees are as they
    went out. Administrators only.

    Raises BadSheet for a file that is empty or too large, Refused, NotAllowed.
    """
    source = check_source(source)
    with transaction.atomic():
        actor = _administrator(actor)
        one = RecordFile.objects.create(
            source=source,
            file_name=_name(file_name),
            is_rewritten=is_rewritten,
            login=actor.user,
        )
        _keep(one, file)
        one.job = job_start(
            actor=actor,
            kind=IMPORT,
            input={"file": one.pk, "name": one.file_name, "source": source},
        )
        one.save(update_fields=["job"])
        return one


def file_begun(
    *, actor: Actor, file_name: str, source: str = SOURCE, is_rewritten: bool
) -> RecordFile:
    """Note a file that is taken in at once, from where it lies. Administrators only. Raises
    Refused, NotAllowed.
    """
    with transaction.atomic():
        actor = _administrator(actor)
        return RecordFile.objects.create(
            source=check_source(source),
            file_name=_name(file_name),
            is_rewritten=is_rewritten,
            login=actor.user,
        )


def file_taken(
    *,
    actor: Actor,
    file: RecordFile,
    sheet: RecordSheet,
    part: Part | None = None,
    told: Callable[[int], None] = lambda _lines: None,
    named: Callable[[Problem], None] = lambda _problem: None,
) -> RecordFile:
    """Take the lines of a file into the inbox that are not there yet, each part in a transaction of
    its own (`part`, given the position behind it); `sheet` was checked. `told` hears how many lines
    have been read, `named` of each that nobody can read. Administrators only.

    Raises NotAllowed, BadSheet where the file has changed since it was checked.
    """
    part = part or _transaction
    lines = 0
    for some in batched(sheet.lines(after=file.line), PART):
        position = some[-1].line
        with part({"line": position}):
            actor = _administrator(actor)
            _take(file, some, position)
        for one in some:
            if isinstance(one, Problem):
                named(one)
        lines += len(some)
        told(lines)
    with part({"line": file.line, "is_read": True}):
        actor = _administrator(actor)
        file.refresh_from_db()
        file.is_read = True
        file.save(update_fields=["is_read"])
        RecordPiece.objects.filter(file=file).delete()
        record(
            actor=actor,
            action="call_file.read",
            account=None,
            subject=file.file_name,
            after={"source": file.source, "records": file.read, "refused": file.refused},
        )
    return file


@contextmanager
def kept_content(file: RecordFile) -> Iterator[IO[bytes]]:
    """The file that was handed in. Raises Refused where it is gone."""
    with tempfile.TemporaryFile() as content:
        for piece in pieces_of(file):
            content.write(piece)
        if not content.tell():
            raise Refused(_("The file of these records is gone."), code="gone")
        content.seek(0)
        yield content


def purge_pieces() -> int:
    """Delete what lies here of files that were handed in long ago and never read to their end; for
    housekeeping. Returns how many files.
    """
    old = RecordFile.objects.filter(created_at__lt=timezone.now() - KEPT, is_read=False)
    with transaction.atomic():
        left = old.exclude(job__state__in=Job.OPEN).filter(pieces__isnull=False).distinct()
        found = list(left.values_list("pk", flat=True))
        RecordPiece.objects.filter(file__in=found).delete()
        return len(found)


@contextmanager
def _transaction(_position: Mapping[str, Any]) -> Iterator[None]:
    with transaction.atomic():
        yield


def _administrator(actor: Actor) -> Actor:
    actor = fresh(actor)
    if not actor.is_administrator or actor.read_only:
        words = _("Records of calls are handed in by administrators.")
        raise NotAllowed(words, code="administrators_only")
    return actor


def _take(file: RecordFile, some: Sequence[Line | Problem], position: int) -> None:
    """One part, in its transaction."""
    kept = RecordFile.objects.select_for_update().get(pk=file.pk)
    if kept.line != file.line:
        # Another worker was believed to be dead and is not.
        raise Refused(_("Somebody else takes this file in right now."), code="busy_file")
    rows = [(one.line, one.columns) for one in some if isinstance(one, Line)]
    problems = [list(one) for one in some if isinstance(one, Problem)]
    records_taken(rows, source=file.source, file=file, is_rewritten=file.is_rewritten)
    kept.read += len(rows)
    kept.refused += len(problems)
    kept.problems = [*kept.problems, *problems][:MOST_PROBLEMS]
    kept.line = position
    kept.save(update_fields=["read", "refused", "problems", "line"])
    file.line = position


def _keep(one: RecordFile, file: IO[bytes]) -> None:
    size = 0
    for number, piece in enumerate(iter(lambda: file.read(_PIECE), b"")):
        size += len(piece)
        if size > MOST_BYTES:
            words = _("This file is larger than %(most)s MB. Pack it with gzip, or split it.")
            raise BadSheet(words % {"most": MOST_BYTES // 2**20}, "too_large")
        RecordPiece.objects.create(file=one, number=number, content=piece)
    if not size:
        raise BadSheet(_("This file is empty."), "empty")


def _name(file_name: str) -> str:
    return tidied(file_name)[-200:] or _("records")

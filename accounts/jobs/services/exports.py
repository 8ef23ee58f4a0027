"""Long exports: a worker makes the file, as of the moment it was asked for and with the scope its
login has by then; whoever asked takes it from the job's page. A list that no file holds comes as
several, each whole and each a part of the job.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import IO, Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.exports import Export, export_recorded
from accounts.jobs.models import Job, JobOutput, JobOutputPiece
from accounts.jobs.queries import moment_asked, open_jobs
from accounts.jobs.services.jobs import job_start
from accounts.jobs.services.work import Work
from accounts.kit.errors import Refused
from accounts.kit.moments import as_of
from accounts.kit.sheets_out import MOST_ROWS, file_name, written

KIND = "export"
# What one export comes to at most, in as many files as that takes.
MOST_IN_ALL = 500_000
# So many exports of one login wait or run at a time: workers have other work as well.
MOST_OPEN = 3
# Asked for again later than this, a list may be another: "today", the last hour.
_SAME_FOR = timedelta(minutes=1)
_PIECE = 1 << 20
# The output that holds the keys of the rows, where there are several files.
_KEYS = 0


def export_start(
    *, actor: Actor, address: str, kind: str, export: Export, asked_at: datetime
) -> Job:
    """Have a worker make what this address of a file answers as of `asked_at`, whenever it comes to
    it; asked for again within a minute while that waits or runs, it is the same job. Raises
    NotAllowed, Refused where it is too much.
    """
    if export.count > MOST_IN_ALL:
        raise Refused(
            _("This list has more than %(most)s rows. Filter it, or choose a shorter period.")
            % {"most": number_format(MOST_IN_ALL, force_grouping=True)},
            code="too_many",
        )
    asked = {"address": address, "format": kind, "name": export.name}
    if actor.user is not None and not actor.read_only:
        waiting = list(
            open_jobs(actor.user.pk).filter(kind=KIND).order_by("created_at")[:MOST_OPEN]
        )
        same = next((one for one in waiting if _is_same(one, asked, asked_at)), None)
        if same is not None:
            return same
        if len(waiting) == MOST_OPEN:
            raise Refused(
                _("%(count)s files of yours are being made. Wait for one of them, or cancel it.")
                % {"count": MOST_OPEN},
                code="too_many_open",
            )
    asked["asked_at"] = asked_at.isoformat()
    return job_start(actor=actor, kind=KIND, input=asked, total=export.count)


def export_make(work: Work, export_of: Callable[[Actor, str], Export]) -> None:
    """The work of a job of the kind KIND. `export_of` is what an address of a file answers to an
    actor; it raises DomainErrors.
    """
    # Every attempt and every file is of the one moment, or rows would leave the list meanwhile.
    with as_of(moment_asked(work.job)):
        _make(work, export_of)


def _make(work: Work, export_of: Callable[[Actor, str], Export]) -> None:
    asked = work.input
    export = export_of(fresh(work.actor), asked["address"])
    keys = _keys(work, export)
    files = max(1, -(-len(keys) // MOST_ROWS))
    if len(keys) > 1:
        work.progress(work.job.done, len(keys))
    for number in range((work.position or {"made": 0})["made"] + 1, files + 1):
        # Between two files, or two attempts, what somebody reaches may have become less.
        export = export_of(fresh(work.actor), asked["address"])
        some = keys[(number - 1) * MOST_ROWS : number * MOST_ROWS]
        with timezone.override(export.zone) if export.zone else nullcontext():
            rows = _noted(work, (number - 1) * MOST_ROWS, export.lines(some))
            file, count = written(asked["format"], export.header, rows)
        name = export.name if files == 1 else f"{export.name}-file-{number}-of-{files}"
        with file, work.part({"made": number, "of": files}):
            if number < files:
                _keys_store(work.job, keys)
            _output_store(
                work.job, number, file_name(name, asked["format"]), count, iter_pieces(file)
            )
            export_recorded(
                actor=work.actor,
                what=export.what,
                account=export.account,
                filters=export.filters,
                rows=count,
            )
    JobOutput.objects.filter(job=work.job, number=_KEYS).delete()


def files_made(job: Job) -> str:
    """What of the job exists, in words."""
    position = job.position or {"made": 0, "of": 1}
    return _(
        "%(made)s of %(of)s files are made; each is whole, and its name says which part of the list"
        " it holds."
    ) % {"made": position["made"], "of": position["of"]}


def iter_pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file in pieces, as it is kept."""
    return iter(lambda: file.read(_PIECE), b"")


def _is_same(job: Job, asked: dict[str, str], at: datetime) -> bool:
    """Whether a job makes what is asked for, as of nearly the same moment."""
    return asked.items() <= job.input.items() and at - moment_asked(job) < _SAME_FOR


def _noted(work: Work, before: int, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows, while the job says how many of them there are."""
    for count, row in enumerate(rows, 1):
        if count % 100 == 0:
            work.progress(before + count)
        yield row
    work.progress(before + count if count else before)


def _keys(work: Work, export: Export) -> Sequence[int]:
    """What the rows are made of, as of the moment of the first attempt: another order would repeat
    or miss rows in the files after it.
    """
    kept = JobOutput.objects.filter(job=work.job, number=_KEYS).first()
    if kept is not None and work.position:
        pieces = kept.pieces.order_by("number").values_list("content", flat=True)
        found: list[int] = json.loads(zlib.decompress(b"".join(bytes(one) for one in pieces)))
        return found
    keys = list(export.keys())
    if len(keys) > MOST_IN_ALL:
        raise Refused(_("This list has become too long. Filter it."), code="too_many")
    return keys


def _keys_store(job: Job, keys: Sequence[int]) -> None:
    """For the attempt after this one, which goes on with another file; once is enough."""
    if not JobOutput.objects.filter(job=job, number=_KEYS).exists():
        packed = zlib.compress(json.dumps(keys).encode())
        _output_store(job, _KEYS, "", len(keys), [packed])


def _output_store(
    job: Job, number: int, name: str, rows: int, pieces: Iterable[bytes]
) -> JobOutput:
    output = JobOutput.objects.create(job=job, number=number, name=name, rows=rows)
    size = 0
    for at, content in enumerate(pieces):
        JobOutputPiece.objects.create(output=output, number=at, content=content)
        size += len(content)
    output.size = size
    output.save(update_fields=["size"])
    return output

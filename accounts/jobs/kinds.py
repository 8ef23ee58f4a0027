"""The kinds of background work there are. Each app registers its own when it is ready."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


def _nothing(job: Any) -> Sequence[tuple[str, str]]:
    return ()


@dataclass(frozen=True)
class JobKind:
    """One kind of background work, and how its jobs are spoken of.

    `run` gets an `accounts.jobs.services.work.Work` and does the whole of it. `is_idempotent`: it
    may be begun again from the start, since what was done once is not done twice; work that changes
    data within one `Work.commit` is. `in_parts` says of a job of this kind, whose work commits in
    several `Work.part`s, what exists of it by its position; it is begun again where it stood.

    `title`, `facts` (label and text) and `links` (words and address) are asked for a job of this
    kind, `own_links` for who started it alone; `unit` is what its progress counts.
    """

    code: str
    label: Any
    run: Callable[[Any], None]
    is_idempotent: bool
    in_parts: Callable[[Any], str] | None = None
    title: Callable[[Any], str] | None = None
    facts: Callable[[Any], Sequence[tuple[str, str]]] = _nothing
    links: Callable[[Any], Sequence[tuple[str, str]]] = _nothing
    own_links: Callable[[Any], Sequence[tuple[str, str]]] = _nothing
    unit: Any = _("rows")
    cancel: Any = _("Cancel this job")

    def title_of(self, job: Any) -> str:
        return self.title(job) if self.title else str(self.label)


class Gone(Exception):
    """The job is no longer this worker's; the work is left as it is. Never shown to anybody."""


class Cancelled(Gone):
    """Somebody cancelled the job."""


class TokenLost(Gone):
    """The job was taken away from this worker, which was believed to be dead."""


_kinds: dict[str, JobKind] = {}


def register_job(kind: JobKind) -> None:
    """Make a kind of work known, to the pages and to the workers."""
    _kinds[kind.code] = kind


def kind_of(job: Any) -> JobKind:
    """The kind of a job. One that nobody registers any more (its app is gone) has its bare name,
    and does nothing but fail.
    """
    return _kinds.get(job.kind) or JobKind(job.kind, job.kind, _unknown, is_idempotent=False)


def label_of(code: str) -> str:
    """What jobs of this kind are called."""
    known = _kinds.get(code)
    return str(known.label) if known else code


def is_known(code: str) -> bool:
    return code in _kinds


def _unknown(work: Any) -> None:
    raise LookupError(f"No package registers the kind {work.job.kind!r}.")

"""The lists of jobs are kept as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from accounts.jobs.models import Job, JobFile
from accounts.jobs.packing import packed


def file_store(
    job: Job, name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> JobFile:
    """Keep a list of the job, instead of an earlier one of this name."""
    kept = [[packed(value) for value in row] for row in rows]
    file, _made = JobFile.objects.update_or_create(
        job=job,
        name=name,
        defaults={"header": [str(one) for one in header], "rows": kept, "count": len(kept)},
    )
    return file

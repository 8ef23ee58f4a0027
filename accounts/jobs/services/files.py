"""The lists of jobs: rows of texts, integers, Decimals, moments and None, kept as JSON."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.jobs.models import Job, JobFile

_DECIMAL, _MOMENT = "decimal", "moment"


def file_store(
    job: Job, name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> JobFile:
    """Keep a list of the job, instead of an earlier one of this name."""
    kept = [[_packed(value) for value in row] for row in rows]
    file, _made = JobFile.objects.update_or_create(
        job=job,
        name=name,
        defaults={"header": [str(one) for one in header], "rows": kept, "count": len(kept)},
    )
    return file


def rows_of(file: JobFile) -> list[list[Any]]:
    """The rows as they were stored."""
    return [[_unpacked(value) for value in row] for row in file.rows]


def _packed(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    return value if value is None or isinstance(value, int) else str(value)


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if _DECIMAL in value:
        return Decimal(value[_DECIMAL])
    return datetime.fromisoformat(value[_MOMENT])

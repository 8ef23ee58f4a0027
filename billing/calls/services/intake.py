"""Records come in: first they lie in the inbox, durably, and nothing else is asked of whoever
brings them. The charger does the rest.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils import timezone

from accounts.core.many import insert_many
from billing.calls.models import CallRecord, RecordFile
from billing.calls.reasons import Reason

_COLUMNS = (
    "source", "file_id", "line", "raw", "corrected", "is_rewritten", "received_at", "state", "part",
    "reason", "detail", "is_first", "version",
)  # fmt: skip


def records_taken(
    rows: Iterable[tuple[int | None, Mapping[str, str]]],
    *,
    source: str,
    file: RecordFile | None = None,
    is_rewritten: bool = False,
) -> None:
    """Put records, each with its line in a file, into the inbox, in the transaction of the caller.
    Their columns were read with `billing.calls.records.read` before; empty ones are left out.
    """
    now = timezone.now()
    insert_many(
        CallRecord,
        _COLUMNS,
        (
            (
                source, file.pk if file else None, line, json.dumps(columns), "{}", is_rewritten,
                now, "new", "chain", "", "", False, 1,
            )
            for line, columns in rows
        ),
    )  # fmt: skip


def record_missing(
    *, source: str, columns: Mapping[str, str], account_pk: int, at: datetime, now: datetime
) -> CallRecord:
    """Let stand in the queue, in place of a record that has not come, what is known of an answered
    call. When the record comes and is charged, it goes.
    """
    return CallRecord.objects.create(
        source=source,
        raw=json.dumps(columns),
        state=CallRecord.State.WAITING,
        reason=Reason.MISSING,
        account_id=account_pk,
        at=at,
        received_at=now,
    )

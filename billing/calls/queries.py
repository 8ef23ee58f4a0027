"""Records of calls as somebody may know of them. Nothing here writes."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Cast, NullIf

from accounts.core.actor import Actor
from billing.calls.models import CallRecord, RecordFile


class Waiting(NamedTuple):
    """A record of the inbox, as far as the charger has to know it; a model takes ten times as long
    to make.
    """

    pk: int
    source: str
    file_id: int | None
    raw: str
    # What somebody put right, as a text: only few have any.
    put_right: str | None
    is_rewritten: bool
    part: str
    leg: int | None
    is_first: bool
    version: int

    @property
    def corrected(self) -> dict[str, Any]:
        """What somebody put right since."""
        found: dict[str, Any] = json.loads(self.put_right) if self.put_right else {}
        return found

    @property
    def columns(self) -> dict[str, str]:
        """As `CallRecord.columns`."""
        found: dict[str, str] = json.loads(self.raw)
        return {**found, **self.corrected} if self.put_right else found

    @property
    def kept(self) -> str:
        """What the leg keeps of it: as it came, with what was put right."""
        if not self.put_right:
            return self.raw
        return json.dumps({**json.loads(self.raw), "corrected": self.corrected})


def inbox(most: int) -> list[Waiting]:
    """The records that have waited longest to be charged."""
    # In the database a tenth of the time of reading each of them here.
    put_right = NullIf(Cast("corrected", TextField()), Value("{}"), output_field=TextField())
    rows = CallRecord.objects.inbox().order_by("pk").annotate(put_right=put_right)
    return list(map(Waiting._make, rows.values_list(*Waiting._fields)[:most]))


def columns_of(rows: Sequence[Waiting]) -> list[dict[str, str]]:
    """The columns of each. Read as one text, they take half the time, and share their names."""
    found = json.loads(f"[{','.join([one.raw for one in rows])}]")
    return [
        {**columns, **one.corrected} if one.put_right else columns
        for one, columns in zip(rows, found, strict=True)
    ]


def files_of(actor: Actor) -> QuerySet[RecordFile]:
    """The files of records that were handed in, which are administrators' alone."""
    if not actor.is_administrator:
        return RecordFile.objects.none()
    return RecordFile.objects.select_related("login", "job")


def pieces_of(file: RecordFile) -> Iterator[bytes]:
    """The file that was handed in, so much of it at a time."""
    pieces = file.pieces.order_by("number")
    for number in list(pieces.values_list("number", flat=True)):
        yield bytes(pieces.values_list("content", flat=True).get(number=number))

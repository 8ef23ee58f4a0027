"""Records of calls as somebody may know of them. Nothing here writes."""

from collections.abc import Iterator

from django.db.models import QuerySet

from accounts.core.actor import Actor
from billing.calls.models import RecordFile


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

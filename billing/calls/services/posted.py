"""Records that a switch posts come into the inbox, on disk before it is answered."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from billing.calls.posted import Unfit, posted_columns
from billing.calls.services.intake import records_taken


def records_posted(
    records: Sequence[Any], *, source: str
) -> tuple[int, list[tuple[int, str, str]]]:
    """How many of the records were taken, durably, and of those that are none their place, column
    and what is wrong.
    """
    taken: list[tuple[None, dict[str, str]]] = []
    refused: list[tuple[int, str, str]] = []
    for index, one in enumerate(records):
        try:
            taken.append((None, posted_columns(one)))
        except Unfit as error:
            refused.append((index, error.column, str(error)))
    if taken:
        with transaction.atomic():
            _flush_commit()
            records_taken(taken, source=source)
    return len(taken), refused


def _flush_commit() -> None:
    """This transaction is on disk before its commit returns, whatever others are content with."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO on")

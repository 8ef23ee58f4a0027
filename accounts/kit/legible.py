"""What can be kept and shown at all: texts that every database holds, moments that every zone can
say. Whatever else is sent is refused where it is read; a driver or a calendar would refuse it
later.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from accounts.kit.moments import FIRST_DAY, LAST_DAY, day_begin, day_end
from accounts.kit.text import can_be_stored

_LONGEST_SEARCH = 1000

# No zone is further from UTC.
_FARTHEST = timedelta(days=1)


def is_searchable(text: str) -> bool:
    """Whether texts can be searched for this one: SQLite compares with 50,000 bytes at most, and no
    text that is looked for is nearly as long.
    """
    return len(text) <= _LONGEST_SEARCH and can_be_stored(text)


def read_json(text: str | bytes) -> Any:
    """What a JSON text says. Raises ValueError for what is none, for one that nests deeper than
    anybody's does, and for texts in it that are not legible: JSON can spell them.
    """
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("This nests too deep.") from error
    inside = [found]
    while inside:
        one = inside.pop()
        if isinstance(one, str) and not can_be_stored(one):
            raise ValueError("This says what is no text.")
        if isinstance(one, dict):
            inside += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            inside += one
    return found


def in_utc(moment: datetime) -> datetime | None:
    """The moment in UTC; None for one so near the end of the calendar that UTC cannot say it.
    Naive ones are none at all.
    """
    if moment.tzinfo is None:
        return None
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def read_moment(text: str) -> datetime | None:
    """The moment that a text in the form of ISO 8601 says; None for one that says none, says it
    without a zone, or says one that not every zone can say.
    """
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and is_enterable(moment) else None


def is_enterable(moment: datetime) -> bool:
    """Whether a moment lies on a day that people may enter, as some zone says it."""
    utc = in_utc(moment)
    first, end = day_begin(FIRST_DAY, UTC), day_end(LAST_DAY, UTC)
    return utc is not None and first - _FARTHEST <= utc <= end + _FARTHEST

"""A record of a call as it is understood: its columns, and what cannot be true of it. Pure
functions over texts, no database (docs/cdr.md says the columns).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

# The columns and how long each may be.
COLUMNS = {
    "call_id": 128, "leg": 8, "session": 128, "account": 32, "phone": 32, "gateway": 32,
    "caller": 64, "callee": 64, "callee_out": 64, "routing_gateway": 32, "setup": 40, "answer": 40,
    "end": 40, "duration": 24, "cause": 32,
}  # fmt: skip
NEEDED = ("call_id", "setup", "end", "duration", "callee")
# Without one of these nobody could be charged.
NAMING = ("account", "phone", "gateway")
MOMENTS = ("setup", "answer", "end")

# No call lasts longer, and a switch's clock is not further ahead.
LONGEST = timedelta(hours=24)
_AHEAD = timedelta(minutes=10)
# Between the duration that a record states and its times.
APART = 2
_KEY_BYTES = 16
# How exports write that a call was not answered.
_NOT_ANSWERED = frozenset({"0", "-", "null", "none", "\\n", "0000-00-00 00:00:00"})
# From 1973 on. A day that is written in eight digits is none of them.
_SINCE_1970 = re.compile(r"[0-9]{9,11}(\.[0-9]{1,9})?")


class Unreadable(ValueError):
    """A value of a record that nobody can read: `column` and, as the first argument, its value."""

    def __init__(self, column: str, value: str) -> None:
        super().__init__(value)
        self.column = column


# Not frozen, which would take four times as long to make.
@dataclass(slots=True)
class Record:
    """A record whose columns could be read. `answer` is None where it was not answered."""

    call_id: str
    leg: str
    session: str
    account: str
    phone: str
    gateway: str
    caller: str
    callee: str
    callee_out: str
    routing_gateway: str
    setup: datetime
    answer: datetime | None
    end: datetime
    duration: float
    cause: str

    @property
    def seconds(self) -> int:
        """Whole seconds that were spoken, rounded up; nothing of what was not answered."""
        return math.ceil(self.duration) if self.answer is not None else 0

    @property
    def at(self) -> datetime:
        """The moment whose agents and prices count."""
        return self.answer or self.setup


def read(columns: Mapping[str, str]) -> Record:
    """The record that these columns say. Raises Unreadable."""
    get = columns.get
    return Record(
        columns["call_id"],
        get("leg", ""),
        get("session", ""),
        get("account", ""),
        get("phone", ""),
        get("gateway", ""),
        get("caller", ""),
        get("callee", ""),
        get("callee_out", ""),
        get("routing_gateway", ""),
        moment("setup", get("setup", "")),
        moment("answer", columns["answer"]) if get("answer") else None,
        moment("end", get("end", "")),
        seconds(get("duration", "")),
        get("cause", ""),
    )


def completed(columns: Mapping[str, str], *, says_answers: bool) -> dict[str, str]:
    """The columns with what follows from the rest: a duration that is not said, and the answer
    where nothing `says_answers`. Raises Unreadable.
    """
    found = dict(columns)
    if found.get("answer", "").lower() in _NOT_ANSWERED:
        del found["answer"]
    if "duration" not in found:
        spoken = 0.0
        if "answer" in found:
            end, answer = (moment(one, found.get(one, "")) for one in ("end", "answer"))
            spoken = (end - answer).total_seconds()
        found["duration"] = f"{spoken:.6f}".rstrip("0").rstrip(".")
    elif not says_answers and (spoken := seconds(found["duration"])) > 0:
        setup, end = (moment(one, found.get(one, "")) for one in ("setup", "end"))
        try:
            answer = end - timedelta(seconds=spoken)
        except OverflowError:
            # No call lasts as long; whoever looks at the record sees it.
            return found
        # Whole seconds of different roundings are no contradiction.
        is_setup = timedelta(0) < setup - answer <= timedelta(seconds=APART)
        found["answer"] = (setup if is_setup else answer).isoformat()
    return found


def moment(column: str, text: str) -> datetime:
    """A moment in ISO 8601 with its offset, or in seconds since 1970, in UTC. Raises Unreadable."""
    try:
        # What has a dash there is no number of seconds.
        if text[4:5] != "-" and _SINCE_1970.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo is UTC:
            return found
        if found.tzinfo is None:
            raise Unreadable(column, text)
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable(column, text) from error


def seconds(text: str) -> float:
    """A duration. Raises Unreadable."""
    try:
        found = float(text)
    except ValueError as error:
        raise Unreadable("duration", text) from error
    if not math.isfinite(found):
        raise Unreadable("duration", text)
    return found


def absurdity(record: Record, now: datetime) -> str:
    """What of a record cannot be, in a word that `words` knows, or ""."""
    if record.duration < 0:
        return "negative"
    if record.end < record.setup:
        return "ends_first"
    if record.end > now + _AHEAD:
        return "future"
    if record.answer is None:
        # What was not answered was not spoken.
        return "" if record.duration <= APART else "unanswered"
    if record.answer > record.end:
        return "ends_first"
    if record.answer < record.setup:
        return "answered_first"
    between = record.end - record.answer
    if between > LONGEST or record.duration > LONGEST.total_seconds():
        return "too_long"
    if abs(between.total_seconds() - record.duration) > APART:
        return "apart"
    return ""


def key_of(source: str, columns: Mapping[str, str]) -> bytes:
    """A digest of which leg it is: (source, call id, leg)."""
    text = f"{source}\x00{columns['call_id']}\x00{columns.get('leg', '')}"
    return blake2b(text.encode(), digest_size=_KEY_BYTES).digest()


def content_of(record: Record, is_rewritten: bool) -> bytes:
    """A digest of all that a record says of its leg, however it writes it."""
    one, answer = record, record.answer
    text = "\x00".join((
        str(is_rewritten), one.call_id, one.leg, one.session, one.account, one.phone, one.gateway,
        one.caller, one.callee, one.callee_out, one.routing_gateway, one.setup.isoformat(),
        answer.isoformat() if answer else "None", one.end.isoformat(), str(one.duration), one.cause,
    ))  # fmt: skip
    return blake2b(text.encode(), digest_size=_KEY_BYTES).digest()

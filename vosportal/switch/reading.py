"""What a switch posts, read strictly: UTF-8, JSON without surprises, texts that can be kept and
shown. Pure functions over bytes.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

from accounts.kit.text import tidied

MOST_BYTES = 1 << 20
MOST_DEPTH = 8
MOST_RECORDS = 1_000
# Of one text; what asks for less says so itself.
MOST_TEXT = 1_000
# Whole numbers of more digits stay the text they were written as.
_MOST_DIGITS = 18
_MOST_FLOAT = 40


class BadBody(Exception):
    """Why a body is not taken: an HTTP status, a word for programs and one sentence for people."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message


def read_body(raw: bytes, *, takes_list: bool = False) -> Any:
    """The JSON object (or, where it `takes_list`, the list) that a body says, its texts tidied.
    Raises BadBody.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadBody(400, "not_utf8", "The body is not UTF-8.") from error
    try:
        found = json.loads(
            text,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise BadBody(400, "not_json", "The body is not JSON.") from error
    if takes_list and isinstance(found, list):
        if len(found) > MOST_RECORDS:
            raise BadBody(413, "too_many", f"At most {MOST_RECORDS} records are taken at a time.")
    elif not isinstance(found, dict):
        wanted = "an object, or a list of objects" if takes_list else "an object"
        raise BadBody(422, "not_an_object", f"The body is not {wanted}.")
    return _tidied(found)


def text_of(body: dict[str, Any], name: str, *, most: int, needed: bool = False) -> str:
    """A text of a body; a number is taken as it is written. "" where there is none. Raises BadBody
    for another kind of value, for one that is too long, and for one that is `needed` and is not
    there.
    """
    value = body.get(name)
    if value is None or value == "":
        if needed:
            raise BadBody(422, "missing", f"“{name}” is missing.")
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadBody(422, "not_a_text", f"“{name}” is neither a text nor a number.")
    text = str(value)
    if len(text) > most:
        raise BadBody(422, "too_long", f"“{name}” is longer than {most} characters.")
    return text


def _tidied(found: Any) -> Any:
    """The same with every text as it is kept: one line, composed, nothing that nobody sees. Raises
    BadBody for what nests too deep.
    """
    level: Iterable[Any] = [found]
    for _depth in range(MOST_DEPTH):
        below: list[Any] = []
        for one in level:
            pairs = one.items() if isinstance(one, dict) else enumerate(one)
            for key, value in pairs:
                if isinstance(value, str):
                    # Only values of keys that are there: the size does not change meanwhile.
                    one[key] = tidied(value)
                elif isinstance(value, (dict, list)):
                    below.append(value)
        if not below:
            return found
        level = below
    raise _too_deep()


def _too_deep() -> BadBody:
    return BadBody(400, "too_deep", f"The body nests deeper than {MOST_DEPTH} levels.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadBody(400, "twice", "A name stands twice in one object.")
    return found


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def _decimal(text: str) -> float | str:
    # What a float cannot say stays what was written.
    value = float(text) if len(text) <= _MOST_FLOAT else math.inf
    return value if math.isfinite(value) else text


def _constant(text: str) -> Any:
    raise BadBody(400, "not_json", f"{text} is no JSON.")

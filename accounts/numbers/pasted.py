"""Reading lists of numbers as people paste them: one a line, several a line, and ranges. Pure
functions, no database.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.numbers.verdict import NotANumber, normalised

# As many as one page makes, with their passwords, within a second or two.
MOST_NUMBERS = 1000
MOST_CHARACTERS = 64 * 1024
# What is shown of a line that has a problem.
_LONGEST_TEXT = 80
# What has so many digits behind 00 is a number with the prefix of international calls.
_WHOLE = 7
_LINE_END = re.compile(r"\r\n|\r|\n")
_BETWEEN = re.compile(r"[,;\t]")
# What can stand between the ends of a range and in no number: a dash with spaces, or a long one.
_RANGE = re.compile(
    r"(?P<first>.+?)(?:\s*(?:[\u2013\u2014\u2026]|\.{2,})\s*|\s+(?:-|to)\s+)(?P<last>.+)"
)
# A dash that may mean either.
_EITHER = re.compile(r"(?P<first>\+?\d+)-(?P<last>\+?\d+)")


@dataclass(frozen=True)
class NumberLine:
    """One number of a list: the line it stands in and what was typed there (a range gives several),
    and what is wrong with it ("" = nothing seen yet). `url` leads to what stands in its way.
    """

    line: int
    typed: str
    number: str = ""
    problem: str = ""
    url: str = ""


def read_numbers(text: str) -> list[NumberLine]:
    """The numbers of a list in their order, at most MOST_NUMBERS; what is wrong with one stands in
    its `problem`. Raises Refused (field `numbers`) for an empty list and one that is too long.
    """
    found: list[NumberLine] = []
    for at, line in enumerate(_LINE_END.split(text.replace("\x00", "")), 1):
        for typed in filter(None, (one.strip() for one in _BETWEEN.split(line))):
            found += _read(at, typed)
            if len(found) > MOST_NUMBERS:
                raise _too_many()
    if not found:
        raise Refused(_("Enter at least one number."), code="required", field="numbers")
    return list(_without_repeats(found))


def digits_of(fragment: str) -> str:
    """The digits of a part of a number as somebody types it; "" for what is no part of one.

    Two zeros at the beginning of a short one may stand in the middle of the number meant.
    """
    try:
        whole = normalised(fragment)
        return whole if len(whole) >= _WHOLE else normalised(f"+{fragment.strip().lstrip('+')}")
    except NotANumber:
        return ""


def _read(at: int, typed: str) -> Iterator[NumberLine]:
    shown = typed if len(typed) <= _LONGEST_TEXT else f"{typed[:_LONGEST_TEXT]}…"
    try:
        ends = _ends(typed)
        numbers = _range(*ends) if ends else [normalised(typed)]
    except NotANumber as error:
        yield NumberLine(at, shown, problem=str(error.message))
        return
    for number in numbers:
        yield NumberLine(at, shown, number)


def _ends(typed: str) -> tuple[str, str] | None:
    """The ends of a range; None for a single number. Raises NotANumber where it may be either."""
    found = _RANGE.fullmatch(typed) if len(typed) <= _LONGEST_TEXT else None
    if found:
        return found["first"], found["last"]
    either = _EITHER.fullmatch(typed)
    if either is None or len(either["first"]) != len(either["last"]):
        return None
    first, last = either["first"], either["last"]
    if len(first) + len(last) > 15:
        return first, last
    if first >= last:
        return None
    raise NotANumber(
        _(
            "One number or a range? Write %(number)s for the number, or %(first)s – %(last)s with"
            " spaces for the range."
        )
        % {"number": f"{first}{last}", "first": first, "last": last}
    )


def _range(first: str, last: str) -> list[str]:
    begin, end = normalised(first), normalised(last)
    if len(begin) != len(end):
        raise NotANumber(_("Both ends of a range have the same number of digits."))
    if begin > end:
        raise NotANumber(_("The range ends before it begins."))
    if int(end) - int(begin) >= MOST_NUMBERS:
        raise _too_many()
    return [f"{number:0{len(begin)}d}" for number in range(int(begin), int(end) + 1)]


def _too_many() -> Refused:
    return Refused(
        _("At most %(most)s numbers at a time; split the list.") % {"most": f"{MOST_NUMBERS:,}"},
        code="too_many",
        field="numbers",
    )


def _without_repeats(lines: list[NumberLine]) -> Iterator[NumberLine]:
    """The same number twice is said, not silently dropped: one of them may be a mistake."""
    first: dict[str, int] = {}
    for one in lines:
        if one.number and one.number in first:
            problem = _("The same number stands in line %(line)s already.")
            at = {"line": first[one.number]}
            yield NumberLine(one.line, one.typed, one.number, problem % at)
            continue
        first.setdefault(one.number, one.line)
        yield one

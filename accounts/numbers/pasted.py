"""Lists of numbers as people paste them: one a line, several a line, and ranges. Pure functions,
no database.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.numbers.digits import Answer
from accounts.numbers.reading import Span, pieces

# As many as one page makes, with their passwords, within a second or two.
MOST_NUMBERS = 1000
MOST_CHARACTERS = 64 * 1024
# What is shown of a line that has a problem.
_LONGEST_TEXT = 80


@dataclass(frozen=True)
class NumberLine:
    """One number of a list: the line it stands in and what was typed there (a range gives several),
    and what is wrong with it ("" = nothing seen yet). `url` leads to what stands in its way;
    `answers` are what may have been meant, to be put in the place of what was typed.
    """

    line: int
    typed: str
    number: str = ""
    problem: str = ""
    url: str = ""
    answers: tuple[Answer, ...] = ()


def read_numbers(text: str) -> list[NumberLine]:
    """The numbers of a list in their order, at most MOST_NUMBERS; what is wrong with one stands in
    its `problem`. Raises Refused (field `numbers`) for an empty list and one that is too long.
    """
    found: list[NumberLine] = []
    for at, line in enumerate(text.splitlines(), 1):
        found += _read(at, line)
        if len(found) > MOST_NUMBERS:
            raise _too_many()
    if not found:
        raise Refused(_("Enter at least one number."), code="required", field="numbers")
    return list(_without_repeats(found))


def numbers_of(span: Span, most: int = MOST_NUMBERS) -> list[str]:
    """Every number of a range, or the one there is. Raises Refused (field `numbers`) for more than
    `most`.
    """
    begin, end = span
    if not end:
        return [begin]
    if int(end) - int(begin) >= most:
        raise _too_many(most)
    return [f"{number:0{len(begin)}d}" for number in range(int(begin), int(end) + 1)]


def _read(at: int, line: str) -> Iterator[NumberLine]:
    """The numbers of one line, each with what was typed for it."""
    for piece in pieces(line):
        typed = piece.typed
        shown = typed if len(typed) <= _LONGEST_TEXT else f"{typed[:_LONGEST_TEXT]}…"
        if piece.error is not None:
            answers = piece.error.answers if shown == typed else ()
            yield NumberLine(at, shown, problem=str(piece.error.message), answers=answers)
        for span in piece.spans:
            # Of two with a slash between them each is an entry of its own.
            entry = shown if len(piece.spans) == 1 else "–".join(filter(None, span))
            for number in numbers_of(span):
                yield NumberLine(at, entry, number)


def _too_many(most: int = MOST_NUMBERS) -> Refused:
    return Refused(
        _("At most %(most)s numbers at a time; split the list.") % {"most": f"{most:,}"},
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

"""Rules as people write and paste them, one a line (docs/domain.md 5). No database.

A line is an optional "allow" or "block", a prefix or a section begin–end, and an optional note
behind "#", a comma, a semicolon or a tab. Sections of short numbers have "numbers" before them:
without it, two beginnings of longer ones are mostly what is meant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.kit.typed import plain
from accounts.numbers.digits import Answer, NotANumber, Question
from accounts.numbers.reading import Box, spans
from accounts.numbers.verdict import Rule, Section

_EFFECTS = {"allow": True, "block": False}
_EFFECT = re.compile(r"\s*(allow|block)\b[\s:,;]*", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*numbers\b[\s:]*", re.IGNORECASE)
_NOTE = re.compile(r"[#,;\t]")
_IS_NUMBER = re.compile("[\\d\\s+()\u2013-]+")
# Numbers that are called and assigned have so many digits or more, all but a few.
SHORTEST_USUAL = 7
# Prefixes that are named one by one.
_NAMED = 10


@dataclass(frozen=True)
class Line:
    """One line of a list: the rule it stands for, or why it is none and what it may mean."""

    at: int
    text: str
    rule: Rule | None = None
    note: str = ""
    problem: Any = ""
    answers: tuple[Answer, ...] = ()


def lines_of(text: str, *, is_allow: bool) -> list[Line]:
    """The lines of a pasted list, empty ones left out. `is_allow` is for lines that do not say."""
    found = []
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            rule, note = rule_of(line, is_allow=is_allow)
            found.append(Line(at, line.strip(), rule, note))
        except NotANumber as error:
            found.append(
                Line(at, line.strip(), problem=error.message, answers=_whole_lines(line, error))
            )
    return found


def rule_of(line: str, *, is_allow: bool) -> tuple[Rule, str]:
    """The rule of a line and its note. Raises NotANumber with a sentence; the texts of its answers
    stand for the numbers alone.
    """
    _before, effect, is_short, numbers, note = _parts(line)
    section = _section(numbers)
    if is_short and not section.end:
        raise NotANumber(_("“numbers” stands before a section begin–end, such as numbers 100–199."))
    if section.end and len(section.end) < SHORTEST_USUAL and not is_short:
        raise _short(section)
    return Rule(section, _EFFECTS.get(effect, is_allow)), note


def _parts(line: str) -> tuple[str, str, bool, str, str]:
    """What stands before the numbers, the effect in it and whether it names short numbers, the
    numbers, and the note.
    """
    effect, is_short, begins = "", False, 0
    if said := _EFFECT.match(line):
        effect, begins = said[1].lower(), said.end()
    if said := _NUMBERS.match(line, begins):
        is_short, begins = True, said.end()
    numbers, *rest = _NOTE.split(line[begins:], maxsplit=1)
    note = rest[0].strip() if rest else ""
    columns = [numbers, *_NOTE.split(note)]
    count = sum(1 for _one in takewhile(_is_number, columns))
    if count > 1:
        note = _NOTE.split(note, maxsplit=count - 1)[count - 1 :]
        return line[:begins], effect, is_short, _joined(columns[:count]), "".join(note).strip()
    return line[:begins], effect, is_short, numbers, note.strip()


def _is_number(text: str) -> bool:
    return bool(text.strip()) and bool(_IS_NUMBER.fullmatch(plain(text)))


def _joined(columns: list[str]) -> str:
    """Two columns are begin and end; more are several numbers."""
    between = " \u2013 " if len(columns) == 2 else ", "
    return between.join(one.strip() for one in columns)


def _section(text: str) -> Section:
    found = spans(text, Box.RULES)
    if len(found) > 1:
        each = [str(Section(*one)) for one in found]
        raise Question(
            _("These are several numbers: %(numbers)s. Write each on a line of its own.")
            % {"numbers": ", ".join(each[:_NAMED])},
            Answer(_("a line for each"), ", ".join(each)),
        )
    return Section(*found[0])


def _short(section: Section) -> Question:
    """Whether prefixes are meant: of a section so short only a few numbers exist at all."""
    covering = list(prefixes_of(section))
    shown = ", ".join(covering[:_NAMED])
    if len(covering) > _NAMED:
        shown = _("%(some)s and %(more)s more") % {
            "some": shown,
            "more": len(covering) - _NAMED,
        }
    numbers = _("numbers %(section)s") % {"section": section}
    return Question(
        ngettext(
            "%(section)s holds numbers of %(digits)s digit only. Write %(prefixes)s for all that"
            " begin so, or “numbers %(section)s” if these short ones are meant.",
            "%(section)s holds numbers of %(digits)s digits only. Write %(prefixes)s for all that"
            " begin so, or “numbers %(section)s” if these short ones are meant.",
            len(section.begin),
        )
        % {"section": section, "digits": len(section.begin), "prefixes": shown},
        Answer(_("prefixes %(prefixes)s") % {"prefixes": shown}, ", ".join(covering)),
        Answer(numbers, f"numbers {section}"),
    )


def prefixes_of(section: Section) -> Iterator[str]:
    """The fewest prefixes that hold the numbers of a section and whatever is longer and begins like
    one of them, in order.
    """
    length = len(section.begin)
    at, last = int(section.begin), int(section.end or section.begin)
    while at <= last:
        digits = 0
        while (
            digits < length - 1
            and at % 10 ** (digits + 1) == 0
            and at + 10 ** (digits + 1) - 1 <= last
        ):
            digits += 1
        yield f"{at:0{length}d}"[: length - digits]
        at += 10**digits


def _whole_lines(line: str, error: NotANumber) -> tuple[Answer, ...]:
    """The answers as the lines that take the place of this one: what stood before and behind its
    numbers stays, and what was several numbers becomes as many lines.
    """
    before, _effect, _is_short, _numbers, note = _parts(line)
    behind = f" # {note}" if note else ""
    return tuple(
        Answer(
            one.label,
            "\n".join(f"{before}{text}{behind}".strip() for text in one.text.split(", ")),
        )
        for one in error.answers
    )

"""Rules as people write and paste them, one a line (docs/domain.md 5). No database.

A line is an optional "allow" or "block", a prefix or a section begin–end, and an optional note
behind "#", a comma, a semicolon or a tab.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.numbers.verdict import NotANumber, Rule, Section, normalised

_EFFECTS = {"allow": True, "block": False}
_EFFECT = re.compile(r"\s*(allow|block)\b[\s:,;]*", re.IGNORECASE)
_NOTE = re.compile(r"[#,;\t]")
# A dash with room around it, two dots or "to" stand between begin and end; so does a single dash
# between texts of the same length, or of four digits and more each.
_APART = re.compile(r"\s+[-\u2010-\u2015\u2212]\s+|\s*\.{2,3}\s*|\s+to\s+|\s*\u2026\s*")
_DASH = re.compile(r"[-\u2010-\u2015\u2212]")
_LONG_ENOUGH = 4


class NotARule(NotANumber):
    """The line is no rule; the sentence says why."""


@dataclass(frozen=True)
class Line:
    """One line of a list: the rule it stands for, or why it is none."""

    at: int
    text: str
    rule: Rule | None = None
    note: str = ""
    problem: Any = ""


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
            found.append(Line(at, line.strip(), problem=error.message))
    return found


def rule_of(line: str, *, is_allow: bool) -> tuple[Rule, str]:
    """The rule of a line and its note. Raises NotANumber with a sentence."""
    said = _EFFECT.match(line)
    if said:
        is_allow = _EFFECTS[said[1].lower()]
        line = line[said.end() :]
    numbers, *rest = _NOTE.split(line, maxsplit=1)
    note = rest[0].strip() if rest else ""
    # Begin and end in columns of their own.
    second, *more = _NOTE.split(note, maxsplit=1)
    if second.strip() and not re.search(r"[^\d\s+()-]", second):
        return Rule(section_of(numbers, second), is_allow), (more[0].strip() if more else "")
    return Rule(section_of(*_parts(numbers)), is_allow), note


def section_of(begin: str, end: str = "") -> Section:
    """The section of two texts, or the prefix of one. Raises NotANumber with a sentence."""
    first = normalised(begin)
    if not end.strip():
        return Section(first)
    last = normalised(end)
    if len(first) != len(last):
        raise NotARule(
            _(
                "Begin and end of a section have the same number of digits; "
                "%(begin)s has %(first)s and %(end)s has %(last)s."
            )
            % {"begin": first, "end": last, "first": len(first), "last": len(last)}
        )
    if first > last:
        raise NotARule(
            _("The section begins behind its end: %(begin)s is greater than %(end)s.")
            % {"begin": first, "end": last}
        )
    return Section(first, last)


def _parts(text: str) -> tuple[str, ...]:
    """Begin and end, or the prefix alone."""
    apart = _APART.split(text.strip(), maxsplit=1)
    if len(apart) == 2:
        return apart[0], apart[1]
    by_dash = _DASH.split(text)
    if len(by_dash) == 2:
        lengths = [sum(one.isdigit() for one in part) for part in by_dash]
        if lengths[0] == lengths[1] or min(lengths) >= _LONG_ENOUGH:
            return by_dash[0], by_dash[1]
    return (text,)

"""Questions about lines of a box, each answered with a button that puts what is meant in the place
of what was typed. Without script: the page that comes back has the text as it was answered.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from accounts.kit.typed import plain

# What a button sends.
NAME = "instead"


@dataclass(frozen=True)
class Replacement:
    """In this line of the box (the first is 1) `meant` instead of `typed`."""

    line: int
    typed: str
    meant: str


@dataclass(frozen=True)
class Choice:
    """A button: what it says, and what it sends."""

    label: Any
    value: str


def choice(label: Any, replacements: Iterable[Replacement]) -> Choice:
    """A button that makes these replacements."""
    told = [[one.line, one.typed, one.meant] for one in replacements]
    return Choice(label, json.dumps(told, ensure_ascii=False))


def is_answer(data: QueryDict) -> bool:
    """Whether a button of a question was pressed: who answers has not seen what comes of it yet."""
    return NAME in data


def answered(data: QueryDict, field: str) -> QueryDict:
    """What was sent, with the answers in the text of `field`. What fits no line changes nothing."""
    if not is_answer(data):
        return data
    lines = data.get(field, "").splitlines()
    for one in _replacements(data.getlist(NAME)):
        at = one.line - 1
        if not 0 <= at < len(lines):
            continue
        # As it was read: without what nobody sees.
        forms = (lines[at], " ".join(plain(lines[at]).split()))
        line = next((form for form in forms if one.typed in form), None)
        if line is not None:
            lines[at] = line.replace(one.typed, one.meant, 1)
    changed = data.copy()
    changed[field] = "\n".join(lines)
    return changed


def _replacements(told: Sequence[str]) -> list[Replacement]:
    found = []
    for text in told:
        try:
            entries = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for entry in entries if isinstance(entries, list) else []:
            match entry:
                case [int(line), str(typed), str(meant)] if typed:
                    found.append(Replacement(line, typed, meant))
    return found

"""Which column of a list that another system wrote says what: found by the words of its headings.
Pure functions, no database.

Nothing is guessed: a word is known or it is not, and two columns that could both be meant are told
to whoever asked.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from accounts.kit.text import folded, tidied

# Lines that may stand above the headings: a title, who printed it and when.
MOST_ABOVE = 10
_BRACKETS = re.compile(r"[(\[{][^)\]}]*[)\]}]")
# What an amount is counted in, behind its heading: "Amount, USD", "Amount in EUR".
_UNIT = re.compile(r"[\s,:/|-]+(?:in\s+)?[A-Z]{3}\s*$")
_FIGURE = re.compile(r"[+(]*\d[\d\s().,'/:+-]*")
_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(\D.*)?")
# A single figure of so many digits is a line of its own, and no part of a title.
_LONG_FIGURE = 5


@dataclass(frozen=True)
class Known:
    """What a column is called: words that mean nothing else, and words that mean it where no surer
    one stands beside them. Written in any way; only their letters and digits count.
    """

    sure: Sequence[str]
    loose: Sequence[str] = ()


@dataclass(frozen=True)
class Headings:
    """The headings of a list. The lines begin at the index `first`; `columns` says which position
    holds what, `texts` what is written above each, `doubtful` which names several columns claim.
    """

    first: int
    columns: Mapping[int, str]
    texts: Sequence[str]
    doubtful: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @property
    def left_out(self) -> list[str]:
        """Headings nothing is read from, as they are written."""
        return [text for at, text in enumerate(self.texts) if text and at not in self.columns]

    def claimed(self, name: str) -> list[str]:
        """The headings that could each be this column."""
        return [self.texts[at] for at in self.doubtful[name]]


def find_headings(
    rows: Sequence[Sequence[str]], known: Mapping[str, Known], needed: str
) -> Headings | None:
    """The headings above these rows, one row or two; None where none of the first rows names the
    column `needed`. What stands above them is a title and holds no figures.
    """
    best: tuple[tuple[int, int], Headings] | None = None
    for at, row in enumerate(rows[: MOST_ABOVE + 1]):
        if is_line(row):
            break
        for found, below in _candidates(rows, at, known):
            names = {*found.columns.values(), *found.doubtful}
            rank = len(found.columns) + len(found.doubtful), below
            if needed in names and (best is None or rank > best[0]):
                best = rank, found
    return best[1] if best else None


def is_line(row: Sequence[str]) -> bool:
    """Whether a row holds figures, and so belongs to the list and not above it."""
    filled = [cell for cell in row if cell]
    figures = [one for one in filled if _FIGURE.fullmatch(one) and not _DAY.fullmatch(one)]
    longest = max((sum(map(str.isdigit, one)) for one in figures), default=0)
    return bool(figures) and (len(filled) > 1 or longest >= _LONG_FIGURE)


def letters_of(text: str) -> str:
    """What is left of a heading when only its letters and digits count, in one case."""
    return "".join(one for one in folded(text).lower() if one.isalnum())


def spellings(text: str) -> Iterator[str]:
    """What a heading may be looked up by: whole, then without brackets and units."""
    yield letters_of(text)
    bare = _BRACKETS.sub(" ", tidied(text)).strip()
    yield letters_of(bare)
    yield letters_of(_UNIT.sub("", bare))


def _candidates(
    rows: Sequence[Sequence[str]], at: int, known: Mapping[str, Known]
) -> Iterator[tuple[Headings, int]]:
    """A row as headings, and together with the row below it, whose groups it then names; with how
    many of the columns that row names.
    """
    row = rows[at]
    yield _read(at + 1, [[text] for text in row], known), 0
    below = rows[at + 1] if at + 1 < len(rows) else []
    if any(below) and not is_line(below) and sum(map(bool, row)) > 1:
        found = _read(at + 2, list(_grouped(row, below)), known)
        yield found, sum(bool(below[one]) for one in found.columns if one < len(below))


def _grouped(row: Sequence[str], below: Sequence[str]) -> Iterator[list[str]]:
    """What may be written above each column, the fullest first: a group goes on to its right."""
    group = ""
    for at in range(max(len(row), len(below))):
        own, under = (some[at] if at < len(some) else "" for some in (row, below))
        group = own or group
        if under and group:
            yield [f"{group} {under}", under]
        else:
            yield [under or own]


def _read(first: int, written: Sequence[Sequence[str]], known: Mapping[str, Known]) -> Headings:
    sure, loose = _by_spelling(known)
    claims: dict[str, tuple[list[int], list[int]]] = {}
    for at, texts in enumerate(written):
        keys = [key for text in texts for key in spellings(text)]
        for words, rank in ((sure, 0), (loose, 1)):
            name = next((words[key] for key in keys if key in words), "")
            if name:
                claims.setdefault(name, ([], []))[rank].append(at)
                break
    columns, doubtful = {}, {}
    for name, (certain, likely) in claims.items():
        at_most = certain or likely
        if len(at_most) == 1:
            columns[at_most[0]] = name
        else:
            doubtful[name] = at_most
    return Headings(first, columns, [texts[0] for texts in written], doubtful)


def _by_spelling(known: Mapping[str, Known]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return _indexed(tuple((name, tuple(one.sure), tuple(one.loose)) for name, one in known.items()))


@lru_cache(maxsize=8)
def _indexed(known: Collection[Any]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    sure: dict[str, str] = {}
    loose: dict[str, str] = {}
    for name, certain, likely in known:
        sure |= {letters_of(one): name for one in certain}
        loose |= {letters_of(one): name for one in likely}
    return sure, loose

"""Phone numbers, the rules about them, and what these let pass (docs/domain.md 5). No database.

A number is 1 to 15 digits. A rule allows or blocks a prefix, or a section begin–end whose ends have
equal length and which holds numbers of that length only. On one level the most specific rule that
matches wins, and at equal specificity a block; a number passes where every level lets it pass.

Rules are compiled into intervals that do not overlap, so that a verdict is one binary search. For
numbers of the same length, order of digits is order of text: a prefix and a section are each one
interval of it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy

from accounts.numbers.digits import LONGEST

# Behind every text of digits.
_END = ":"


class Purpose(TextChoices):
    """What a rule is about: what may be called, or which numbers may be assigned."""

    DESTINATION = "destination", gettext_lazy("Destinations")
    ALLOCATION = "allocation", gettext_lazy("Allocation")


@dataclass(frozen=True, order=True)
class Section:
    """A prefix (no `end`), or the numbers from `begin` to `end`, both included; digits only."""

    begin: str
    end: str = ""

    @property
    def is_prefix(self) -> bool:
        return not self.end

    @cached_property
    def specificity(self) -> int:
        """The length of a prefix, or of what both ends of a section have in common."""
        if not self.end:
            return len(self.begin)
        pairs = zip(self.begin, self.end, strict=True)
        return next((at for at, (a, b) in enumerate(pairs) if a != b), len(self.begin))

    def holds(self, number: str) -> bool:
        """Whether it matches a number."""
        if not self.end:
            return number.startswith(self.begin)
        return len(number) == len(self.begin) and self.begin <= number <= self.end

    def has_length(self, length: int) -> bool:
        """Whether it matches any numbers of this length."""
        return len(self.begin) == length if self.end else len(self.begin) <= length

    def lengths(self) -> range:
        """The lengths of the numbers it matches."""
        return range(len(self.begin), (len(self.begin) if self.end else LONGEST) + 1)

    def overlaps(self, other: "Section") -> bool:
        """Whether some number is matched by both."""
        lengths = set(self.lengths()) & set(other.lengths())
        return any(
            self._first(length) <= other._last(length)
            and other._first(length) <= self._last(length)
            for length in lengths
        )

    def _first(self, length: int) -> str:
        return self.begin.ljust(length, "0")

    def _last(self, length: int) -> str:
        return (self.end or self.begin).ljust(length, "9")

    def bounds(self) -> tuple[str, str]:
        """The half-open interval of digits it matches, without zeros at the ends: as long as only
        numbers at least as long as these are compared, those change nothing.
        """
        last = (self.end or self.begin).rstrip("9")
        behind = last[:-1] + chr(ord(last[-1]) + 1) if last else _END
        return self.begin.rstrip("0"), behind

    def __str__(self) -> str:
        return f"{self.begin}–{self.end}" if self.end else self.begin


@dataclass(frozen=True)
class Rule:
    """Allow or block a prefix or section. `key` is whatever the caller knows it by."""

    section: Section
    is_allow: bool
    key: int = field(default=0, compare=False)

    @cached_property
    def rank(self) -> int:
        """The higher one wins; at equal specificity a block."""
        return 2 * self.section.specificity + (not self.is_allow)


def lets_pass(matching: Iterable[Rule], *, has_allow: bool) -> bool:
    """Whether a level lets a number pass, of whose rules these match it; `has_allow`: it has rules
    that allow something, whether they match or not.
    """
    strongest = max(matching, key=lambda one: one.rank, default=None)
    return not has_allow if strongest is None else strongest.is_allow


# Where intervals begin, and what holds from there on; before the first nothing does.
_Steps = tuple[list[str], list[Rule | None]]


class Level:
    """The rules of one account (or of the platform) for one purpose, in any order."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.has_allow = any(one.is_allow for one in self.rules)
        self._section_lengths = frozenset(
            len(one.section.begin) for one in self.rules if not one.section.is_prefix
        )
        self._longest_prefix = max(
            (len(one.section.begin) for one in self.rules if one.section.is_prefix), default=0
        )
        self._compiled: dict[int, _Steps] = {}

    def kind_of(self, length: int) -> int:
        """Lengths of one kind are judged by the same intervals; 0 is the kind of those that are at
        least as long as every prefix and meet no section.
        """
        if length in self._section_lengths or length < self._longest_prefix:
            return length
        return 0

    def deciding(self, number: str) -> Rule | None:
        """The rule that decides about a number; None where no rule matches."""
        points, rules = self._steps(self.kind_of(len(number)))
        at = bisect_right(points, number)
        return rules[at - 1] if at else None

    def passes(self, number: str) -> bool:
        """Whether this level lets a number pass."""
        return self.lets(self.deciding(number))

    def lets(self, deciding: Rule | None) -> bool:
        """The verdict of a deciding rule: no match is refused where anything is allowed."""
        return not self.has_allow if deciding is None else deciding.is_allow

    def refused(self, kind: int) -> Iterator[tuple[str, str]]:
        """The intervals of numbers of this kind of length that do not pass, in order."""
        points, rules = self._steps(kind)
        begin: str | None = None if self.lets(None) else ""
        for point, rule in zip(points, rules, strict=True):
            if self.lets(rule):
                if begin is not None and begin != point:
                    yield begin, point
                begin = None
            elif begin is None:
                begin = point
        if begin is not None:
            yield begin, _END

    def _steps(self, kind: int) -> _Steps:
        known = self._compiled.get(kind)
        if known is None:
            found = [one for one in self.rules if not kind or one.section.has_length(kind)]
            if not kind:
                found = [one for one in found if one.section.is_prefix]
            known = self._compiled[kind] = _swept(found)
        return known


def _swept(rules: Iterable[Rule]) -> _Steps:
    """The rule of the highest rank in every interval between two ends of rules."""
    waiting = sorted(((*one.section.bounds(), one) for one in rules), key=lambda one: one[0])
    ends = sorted({point for begin, end, _rule in waiting for point in (begin, end)})
    points: list[str] = []
    winners: list[Rule | None] = []
    # (-rank, order, end, rule): what has begun, the strongest first.
    begun: list[tuple[int, int, str, Rule]] = []
    at = 0
    for point in ends:
        while at < len(waiting) and waiting[at][0] == point:
            _begin, end, rule = waiting[at]
            heappush(begun, (-rule.rank, at, end, rule))
            at += 1
        while begun and begun[0][2] <= point:
            heappop(begun)
        winner = begun[0][3] if begun else None
        if not winners or winners[-1] is not winner:
            points.append(point)
            winners.append(winner)
    return points, winners


class Chain:
    """Several levels, from the topmost down; a number passes where all of them let it pass."""

    def __init__(self, levels: Sequence[Level]) -> None:
        self.levels = tuple(levels)
        self._kinds: dict[int, list[str]] = {}
        self._compiled: dict[tuple[int, ...], list[str]] = {}

    def passes(self, number: str) -> bool:
        """The verdict for a number (digits only), in one binary search."""
        points = self._kinds.get(len(number))
        if points is None:
            points = self._points(len(number))
        return not bisect_right(points, number) & 1

    def stopping(self, number: str) -> int | None:
        """The topmost level that refuses a number; None where all let it pass."""
        if self.passes(number):
            return None
        return next(at for at, one in enumerate(self.levels) if not one.passes(number))

    def refuses_all(self, section: Section) -> bool:
        """Whether no number of this section passes, of whatever length."""
        return all(self._refuses_all(section, length) for length in section.lengths())

    def _refuses_all(self, section: Section, length: int) -> bool:
        begin, end = section.bounds()
        points = self._points(length)
        at = bisect_right(points, begin)
        return bool(at & 1) and points[at] >= end

    @property
    def refuses_everything(self) -> bool:
        """Whether no number at all passes."""
        return all(self._points(length) == ["", _END] for length in range(1, LONGEST + 1))

    def _points(self, length: int) -> list[str]:
        """Where refused intervals of numbers of this length begin and end, in turns."""
        kinds = tuple(one.kind_of(length) for one in self.levels)
        points = self._compiled.get(kinds)
        if points is None:
            points = self._compiled[kinds] = _joined(
                interval
                for level, kind in zip(self.levels, kinds, strict=True)
                for interval in level.refused(kind)
            )
        self._kinds[length] = points
        return points


def _joined(intervals: Iterable[tuple[str, str]]) -> list[str]:
    """The union of half-open intervals as a flat list of begins and ends."""
    points: list[str] = []
    for begin, end in sorted(intervals):
        if points and begin <= points[-1]:
            points[-1] = max(points[-1], end)
        else:
            points += (begin, end)
    return points

"""What a deck would do to the rates of one prefix (docs/domain.md 7). Pure functions, no database.

A rate that has been in effect is never edited: what changes ends it and begins a new one. What
would leave two rates that could both apply is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.kit.moments import moment_words
from billing.rates.deck_entries import Entry
from billing.rates.pricing import Price
from billing.rates.rating import Rate

# No deck speaks of a prefix in more rows.
MOST_OF_ONE = 100
_NAMED = 5
_NO_CHANGE = 0
# Where something cost nothing before: larger than whatever else can be said.
FROM_NOTHING = 10**15


class Becomes(StrEnum):
    """What becomes of a prefix, as `DeckRow.Kind` keeps it."""

    NEW = "new"
    RAISED = "raised"
    LOWERED = "lowered"
    CHANGED = "changed"
    ENDING = "ending"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class Terms:
    """How a deck is compared: `now`, the moment from which rows count that say none, whether what
    is missing ends, and in whose zone moments are told.
    """

    now: datetime
    begins_at: datetime
    is_full: bool
    zone: Any


@dataclass(frozen=True)
class Outcome:
    """What becomes of a rate: `rate` is the one that is replaced, ended or left as it is, `begun`
    the one that begins. An ending one ends at `ends_at`.
    """

    becomes: Becomes
    line: int
    prefix: str
    rate: Rate | None = None
    begun: Rate | None = None
    ends_at: datetime | None = None
    problem: str = ""

    @property
    def change(self) -> int:
        """By how many millionths of the former price, without a sign."""
        if self.rate is None or self.begun is None:
            return _NO_CHANGE
        before, after = self.rate.price.per_minute, self.begun.price.per_minute
        if not before:
            return FROM_NOTHING if after else _NO_CHANGE
        return min(int(abs(after - before) * 1_000_000 / before), FROM_NOTHING)


def plan_prefix(
    prefix: str, entries: Sequence[Entry], rates: Sequence[Rate], terms: Terms
) -> list[Outcome]:
    """What becomes of the rates of a prefix that have not ended long ago; `rates` stand in the
    order of their beginnings. A row that is refused leaves everything about its prefix as it is
    that the others do not change.
    """
    refused = [Outcome(Becomes.REFUSED, one.line, prefix, problem=one.problem) for one in entries
               if one.problem]  # fmt: skip
    if not prefix:
        return refused
    wanted = _wanted([one for one in entries if not one.problem], terms)
    while True:
        clashes = dict(_clashes(prefix, wanted))
        plan = _Plan(prefix, rates, terms, keeps=bool(refused or clashes))
        for one in wanted:
            if id(one) not in clashes:
                clashes |= {id(one): words for words in plan.take(one)}
        plan.end_missing()
        clashes |= plan.collisions()
        if not clashes:
            return [*refused, *plan.outcomes]
        for one in wanted:
            if id(one) in clashes:
                words = clashes[id(one)]
                refused.append(Outcome(Becomes.REFUSED, one.line, prefix, problem=words))
        wanted = [one for one in wanted if id(one) not in clashes]


def _wanted(entries: Iterable[Entry], terms: Terms) -> list[Entry]:
    """In their order, with their beginnings. A row without an end lasts until a later one of the
    same period begins: decks list what counts now beside what will.
    """
    found = [one._replace(since=one.since or terms.begins_at) for one in entries]
    found.sort(key=lambda one: (one.since or terms.begins_at, one.line))
    next_of: dict[Any, datetime] = {}
    for at in range(len(found) - 1, -1, -1):
        one = found[at]
        later = next_of.get(one.period)
        if one.until is None and later is not None and one.since != later:
            found[at] = one._replace(until=later)
        assert one.since is not None
        next_of[one.period] = one.since
    return found


def _clashes(prefix: str, wanted: Sequence[Entry]) -> Iterator[tuple[int, str]]:
    """Rows of the deck itself that could both apply."""
    if len(wanted) < 2:
        return
    if len(wanted) > MOST_OF_ONE:
        words = _("%(prefix)s stands in more than %(most)s rows.")
        for one in wanted:
            yield id(one), words % {"prefix": prefix, "most": MOST_OF_ONE}
        return
    rates = [_rate_of(prefix, one, None) for one in wanted]
    for at, one in enumerate(wanted):
        others = [
            wanted[other].line
            for other in range(len(wanted))
            if other != at and rates[at].collides(rates[other])
        ]
        if others:
            lines = ", ".join(map(str, sorted(set(others))[:_NAMED]))
            words = ngettext(
                "%(prefix)s: line %(lines)s could apply at the same time.",
                "%(prefix)s: lines %(lines)s could apply at the same time.",
                len(others),
            )
            yield id(one), words % {"prefix": prefix, "lines": lines}


class _Plan:
    """The rates of a prefix while rows are taken, one after the other."""

    def __init__(self, prefix: str, rates: Sequence[Rate], terms: Terms, *, keeps: bool) -> None:
        self.outcomes: list[Outcome] = []
        self._prefix, self._terms = prefix, terms
        # Of a prefix whose rows are refused in part nothing ends as missing.
        self._keeps = keeps
        self._standing = list(rates)
        self._seen: set[Any] = set()
        self._begun: list[tuple[Entry, Rate]] = []

    def take(self, one: Entry) -> Iterator[str]:
        """Plan for a row; why it is refused, if it is."""
        now, since = self._terms.now, one.since
        assert since is not None
        probe = max(since, now)
        if one.is_end:
            yield from self._end(one, probe)
            return
        if one.until is not None and one.until <= now:
            same = next(self._same(one), None)
            if same is None:
                yield _("It ended before now.")
            else:
                self._add(Becomes.UNCHANGED, one, same)
            return
        before = next((x for x in self._of(one) if x.is_dated(probe)), None)
        if before is not None and _is_same(before, one):
            self._stay(one, before)
        elif before is not None and since < now:
            yield self._too_early(before)
        elif before is not None:
            self._replace(one, before, since)
        elif since < now and (known := self._known(since, now)) is not None:
            yield self._too_early(known)
        else:
            self._begin(Becomes.NEW, one, None, since)

    def end_missing(self) -> None:
        """What the deck leaves out ends, where it is a full one."""
        if not self._terms.is_full or self._keeps:
            return
        at = max(self._terms.begins_at, self._terms.now)
        for rate in list(self._standing):
            is_over = rate.until is not None and rate.until <= at
            if rate.key is not None and rate.key not in self._seen and not is_over:
                self._cut(rate, at)
                self._put(Outcome(Becomes.ENDING, 0, self._prefix, rate, ends_at=at))

    def collisions(self) -> dict[int, str]:
        """The rows whose rates could apply beside another one."""
        found = {}
        for entry, rate in self._begun:
            other = next((x for x in self._standing if x is not rate and rate.collides(x)), None)
            if other is not None:
                words = _("%(prefix)s: another rate stands from %(moment)s; give this one an end.")
                if other.since <= rate.since:
                    words = _("%(prefix)s: a rate with other hours stands from %(moment)s.")
                said = {
                    "prefix": self._prefix,
                    "moment": moment_words(other.since, self._terms.zone),
                }
                found[id(entry)] = words % said
        return found

    def _stay(self, one: Entry, before: Rate) -> None:
        """The price is what it was: it ends earlier, later, or as it would."""
        if one.until is not None and (before.until is None or one.until < before.until):
            self._cut(before, one.until)
            self._seen.add(before.key)
            self._put(Outcome(Becomes.ENDING, one.line, self._prefix, before, ends_at=one.until))
            return
        is_longer = one.until is not None or self._terms.is_full
        if before.until is not None and one.until != before.until and is_longer:
            self._begin(Becomes.CHANGED, one, before, before.until)
        else:
            self._add(Becomes.UNCHANGED, one, before)

    def _replace(self, one: Entry, before: Rate, since: datetime) -> None:
        old, new = before.price.per_minute, one.price
        becomes = Becomes.RAISED if new > old else Becomes.LOWERED if new < old else Becomes.CHANGED
        self._cut(before, since)
        self._begin(becomes, one, before, since)

    def _end(self, one: Entry, at: datetime) -> Iterator[str]:
        """The row says that the prefix ends."""
        ending = [x for x in self._of(one) if x.until is None or x.until > at]
        for rate in ending:
            self._seen.add(rate.key)
            self._cut(rate, at)
            self._put(Outcome(Becomes.ENDING, one.line, self._prefix, rate, ends_at=at))
        if not ending:
            yield _("%(prefix)s has no rate that could end.") % {"prefix": self._prefix}

    def _begin(self, becomes: Becomes, one: Entry, before: Rate | None, since: datetime) -> None:
        rate = replace(_rate_of(self._prefix, one, before), since=since)
        self._begun.append((one, rate))
        self._standing.append(rate)
        if before is not None:
            self._seen.add(before.key)
        self._put(Outcome(becomes, one.line, self._prefix, before, rate))

    def _cut(self, rate: Rate, at: datetime) -> None:
        """The rate ends; one that has not begun never counts."""
        self._standing.remove(rate)
        if rate.since < at:
            self._standing.append(replace(rate, until=at))
            self._seen.add(rate.key)

    def _add(self, becomes: Becomes, one: Entry, rate: Rate) -> None:
        self._seen.add(rate.key)
        self._put(Outcome(becomes, one.line, self._prefix, rate))

    def _put(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def _of(self, one: Entry) -> list[Rate]:
        """The rates that stood before, of the period of a row."""
        return [x for x in self._standing if x.key is not None and x.period == one.period]

    def _known(self, since: datetime, now: datetime) -> Rate | None:
        """A rate of this prefix, whatever its hours, that counted between then and now."""
        known = (x for x in self._standing if x.key is not None)
        return next(
            (x for x in known if x.since < now and (x.until is None or x.until > since)), None
        )

    def _same(self, one: Entry) -> Iterator[Rate]:
        for x in self._of(one):
            if x.since == one.since and x.until == one.until and _is_same(x, one):
                yield x

    def _too_early(self, before: Rate) -> str:
        words = _("%(prefix)s has a price since %(moment)s; choose a beginning from now on.")
        return words % {
            "prefix": self._prefix,
            "moment": moment_words(before.since, self._terms.zone),
        }


def _rate_of(prefix: str, one: Entry, before: Rate | None) -> Rate:
    """The rate that a row says. What the deck does not speak of stays as it was."""
    destination, is_locked = one.destination, one.is_locked
    if destination is None:
        destination = before.destination if before else ""
    if is_locked is None:
        is_locked = before.is_locked if before else False
    assert one.since is not None
    price = Price(one.price, one.fee, one.first_block, one.increment)
    return Rate(None, prefix, price, one.since, one.until, one.period, is_locked, destination)


def _is_same(rate: Rate, one: Entry) -> bool:
    said = _rate_of(rate.prefix, one, rate)
    return (rate.price, rate.destination, rate.is_locked) == (
        said.price,
        said.destination,
        said.is_locked,
    )


def counted(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many of each kind."""
    counts = dict.fromkeys([one.value for one in Becomes], 0)
    for one in outcomes:
        counts[one.becomes] += 1
    return counts

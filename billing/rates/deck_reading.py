"""A carrier's deck, row by row, as what it says of prefixes (docs/domain.md 7). Pure functions over
a file, no database; so much of it is held in memory as a row takes.

A deck is read twice: once to find out how it writes days and decimals (`survey`), then for what it
says (`entries`).
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.headings import Headings
from accounts.kit.sheet_stream import StreamedSheet, streamed_sheets
from accounts.kit.sheets_in import BadSheet, too_many_rows
from billing.rates.deck_cells import (
    COMMA,
    POINT,
    BadCell,
    day_orders,
    decimal_sign,
    is_prefix,
    prefixes_of_cell,
    read_begin,
    read_blocks,
    read_end,
    read_flag,
    read_price,
)
from billing.rates.deck_entries import ORDER, PEAK, Answers, Entry, Remark, Survey
from billing.rates.deck_headings import ABOVE, deck_headings
from billing.rates.periods import read_period

MOST_ROWS = 200_000
# Ranges and cells of several prefixes come to more than there are rows.
MOST_PREFIXES = 400_000
_LONGEST_NAME = 100
# Lines without prices that are named to whoever handed the deck in.
MOST_REMARKS = 100
_SUMS = re.compile(r"(?i)\W*(grand |sub ?|sub-)?(total|totals|sum|count|average|summe)\b.*")
_ENDS = frozenset({"delete", "deleted", "remove", "removed", "discontinued", "closed", "ended",
                   "end", "deletion", "terminated", "withdrawn"})  # fmt: skip
_LOCKS = frozenset({"blocked", "locked", "barred", "block", "lock"})
_SAYS_NOTHING = frozenset({
    "", "-", "new", "new code", "added", "add", "addition", "increase", "increased", "decrease",
    "decreased", "no change", "unchanged", "nochange", "same", "current", "pending", "changed",
    "change", "update", "updated", "active", "open", "valid", "i", "d", "n", "nc", "u",
    "name change", "rate increase", "rate decrease", "no changes", "up", "down", "=", "+",
})  # fmt: skip

# The headings of the files that the portal itself makes of a group.
OWN = (
    "prefix", "destination", "rate", "connection_fee", "first_block", "increment",
    "effective_from", "effective_until", "locked", "period",
)  # fmt: skip


class Deck:
    """A deck in a file. Raises BadSheet where it is none."""

    def __init__(self, file: IO[bytes], zone: ZoneInfo, answers: Answers) -> None:
        self._zone = zone
        self._answers = answers
        self.sheet, self.headings = _found(streamed_sheets(file))
        self._at = {name: at for at, name in self.headings.columns.items()}
        self._texts = self.headings.texts
        self.names = frozenset(self._at)
        self._survey = Survey()
        self._is_own = tuple(self._texts) == OWN
        self._has_peak = {"peak", "off_peak"} <= self.names

    @property
    def columns(self) -> list[tuple[str, str]]:
        """(heading, what it was taken for), in their order."""
        return [(self._texts[at], name) for at, name in sorted(self.headings.columns.items())]

    def survey(self) -> Survey:
        """Read it through once. Raises BadSheet where it is too long."""
        found, answers = Survey(), self._answers
        orders, signs, joined = {"dmy", "mdy", "ymd"}, set(), set()
        is_asked = False
        dates = [one for one in ("since", "until") if one in self._at and answers.has_own_dates]
        prices = [one for one in ("price", "peak", "off_peak", "fee") if one in self._at]
        for _line, row in self._rows():
            found.rows += 1
            if found.rows > MOST_ROWS:
                raise too_many_rows(MOST_ROWS)
            for name in dates:
                if may_be := day_orders(self._cell(row, name)):
                    is_asked = True
                    orders &= may_be
            signs |= {decimal_sign(self._cell(row, name)) for name in prices}
            if {"prefix", "country"} <= self.names and self._cell(row, "prefix"):
                country = self._cell(row, "country").removeprefix("+").removeprefix("00")
                code = self._cell(row, "prefix").removeprefix("+").removeprefix("00")
                joined.add(not code.startswith(country))
        found.decimal = answers.decimal or _only(signs - {""}, (COMMA, POINT))
        found.order = answers.order or (_only(orders, ("dmy", "mdy", "ymd")) if is_asked else "")
        if is_asked and not found.order and len(orders) > 1:
            found.asks.append(ORDER)
        if self._has_peak and answers.peak is None:
            found.asks.append(PEAK)
        if len(joined) > 1:
            words = _("In some rows “%(code)s” holds the country code as well, in others not.")
            said = {"code": self._texts[self._at["prefix"]]}
            raise BadSheet(words % said, "country_in_some")
        found.is_joined = True in joined
        self._survey = found
        return found

    def entries(self) -> Iterator[Entry | Remark]:
        """What its rows say, once it was surveyed; a row that is refused says why."""
        count = 0
        for line, row in self._rows():
            remark = self._remark(row)
            if remark is not None:
                if remark:
                    yield Remark(line, remark)
                continue
            for one in self._entries(line, row):
                count += 1
                if count > MOST_PREFIXES:
                    raise too_many_rows(MOST_PREFIXES)
                yield one

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Those below the headings."""
        return islice(self.sheet.rows(), self.headings.first, None)

    def _cell(self, row: Sequence[str], name: str) -> str:
        at = self._at.get(name, len(row))
        return row[at] if at < len(row) else ""

    def _remark(self, row: Sequence[str]) -> str | None:
        """What a row says that is about no prefix; "" for headings once more; None for a rate."""
        prices = [self._cell(row, one) for one in ("price", "peak", "off_peak")]
        code = "".join(self._cell(row, one) for one in ("prefix", "area", "country"))
        filled = [one for one in row if one]
        if row == list(self._texts)[: len(row)]:
            return ""
        is_sum = bool(_SUMS.fullmatch(filled[0])) and not re.search(r"\d", code)
        is_alone = len(filled) == 1 and not re.fullmatch(r"[+\d][\d ,;/-]*", code)
        if is_sum or is_alone or not (code or any(prices)):
            return " ".join(filled)[:200]
        return None

    def _entries(self, line: int, row: Sequence[str]) -> Iterator[Entry]:
        try:
            prefixes = self._prefixes(row)
        except BadCell as error:
            yield Entry(line, "", problem=str(error.message))
            return
        try:
            said = list(self._said(line, row))
        except BadCell as error:
            said = [Entry(line, "", problem=str(error.message))]
        for prefix in prefixes:
            for one in said:
                yield one._replace(prefix=prefix)

    def _prefixes(self, row: Sequence[str]) -> list[str]:
        name = "prefix" if "prefix" in self._at else "area" if "area" in self._at else "country"
        country = None
        if "country" in self._at and (name == "area" or self._survey.is_joined):
            country = self._cell(row, "country")
            if not country:
                raise self._bad("country", BadCell(_("There is no country code.")))
        with self._named(name):
            # Ours hold one prefix each, as it is.
            if self._is_own and is_prefix(self._cell(row, name)):
                return [self._cell(row, name)]
            return prefixes_of_cell(self._cell(row, name), country)

    def _said(self, line: int, row: Sequence[str]) -> Iterator[Entry]:
        """What a row says, whatever its prefixes."""
        base = self._dated(self._blocked(Entry(line, ""), row), row)
        base = self._changed(self._named_destination(base, row), row)
        self._check_currency(row)
        if base.is_end:
            yield base
            return
        if "fee" in self._at and self._cell(row, "fee"):
            base = base._replace(fee=self._price(row, "fee"))
        if "period" in self._at:
            with self._named("period", Refused):
                base = base._replace(period=read_period(self._cell(row, "period")))
        if not self._has_peak:
            name = next(one for one in ("price", "off_peak", "peak") if one in self._at)
            yield base._replace(price=self._price(row, name))
            return
        peak, off_peak = self._price(row, "peak"), self._price(row, "off_peak")
        yield base._replace(price=off_peak)
        if peak != off_peak:
            yield base._replace(price=peak, period=self._answers.peak)

    def _price(self, row: Sequence[str], name: str) -> Decimal:
        text = self._cell(row, name)
        with self._named(name):
            if not text:
                raise BadCell(_("There is no price."))
            return read_price(text, self._survey.decimal)

    def _blocked(self, base: Entry, row: Sequence[str]) -> Entry:
        """With its blocks: of one column, of two, or those that were said for all."""
        first, step = self._answers.first_block, self._answers.increment
        found: dict[str, tuple[int, int]] = {}
        for name in ("blocks", "first", "increment"):
            if text := self._cell(row, name):
                with self._named(name):
                    found[name] = read_blocks(text)
        if "blocks" in found:
            first, step = found["blocks"]
        elif "increment" in found:
            first, step = found["increment"]
        if "first" in found:
            first = found["first"][0]
            step = step if "increment" in found else found["first"][1]
        return base._replace(first_block=first, increment=step)

    def _dated(self, base: Entry, row: Sequence[str]) -> Entry:
        if not self._answers.has_own_dates:
            return base
        since = until = None
        if "since" in self._at:
            with self._named("since"):
                since = read_begin(self._cell(row, "since"), self._zone, self._survey.order)
        if "until" in self._at:
            with self._named("until"):
                until = read_end(self._cell(row, "until"), self._zone, self._survey.order)
                if since and until and until <= since:
                    raise BadCell(_("It ends before it begins."))
        return base._replace(since=since, until=until)

    def _named_destination(self, base: Entry, row: Sequence[str]) -> Entry:
        names = ["destination"] if "destination" in self._at else ["country_name", "network"]
        if not set(names) & self.names:
            return base
        text = " ".join(filter(None, (self._cell(row, one) for one in names)))
        if len(text) > _LONGEST_NAME:
            words = _("A destination has at most %(most)s characters.") % {"most": _LONGEST_NAME}
            raise self._bad(next(one for one in names if one in self._at), BadCell(words))
        return base._replace(destination=text)

    def _changed(self, base: Entry, row: Sequence[str]) -> Entry:
        """With its lock, and whether it says that its prefixes end."""
        for name in ("locked", "enabled"):
            if name in self._at:
                with self._named(name):
                    is_set = read_flag(self._cell(row, name))
                base = base._replace(is_locked=is_set if name == "locked" else not is_set)
        said = self._cell(row, "change").strip().lower()
        if said in _ENDS:
            return base._replace(is_end=True)
        if said in _LOCKS:
            return base._replace(is_locked=True)
        if said not in _SAYS_NOTHING:
            words = _("“%(text)s” is not known here.") % {"text": said[:40]}
            raise self._bad("change", BadCell(words))
        return base

    def _check_currency(self, row: Sequence[str]) -> None:
        other = self._cell(row, "currency").upper()
        if other and other != settings.CURRENCY:
            words = _("Prices here are in %(own)s.") % {"own": settings.CURRENCY}
            raise self._bad("currency", BadCell(words))

    def _named(self, name: str, kind: type[Refused] = BadCell) -> "_Named":
        return _Named(self, name, kind)

    def _bad(self, name: str, error: Refused) -> BadCell:
        """A problem of a cell, with the heading of its column."""
        heading = self._texts[self._at[name]]
        return BadCell(f"{heading}: {error.message}")


class _Named:
    """Says in which column a cell is wrong."""

    def __init__(self, deck: Deck, name: str, kind: type[Refused]) -> None:
        self._deck, self._name, self._kind = deck, name, kind

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: Any, _trace: Any) -> None:
        if isinstance(error, self._kind):
            raise self._deck._bad(self._name, error) from error


def _found(sheets: Sequence[StreamedSheet]) -> tuple[StreamedSheet, Headings]:
    """The first worksheet that has the headings of a deck."""
    is_empty = True
    for sheet in sheets:
        rows = [row for _line, row in islice(sheet.rows(), ABOVE)]
        is_empty = is_empty and not rows
        headings = deck_headings(rows)
        if headings is not None:
            return sheet, headings
    if is_empty:
        raise BadSheet(_("This file is empty."), "empty")
    words = _("No row of headings names a column of prefixes and one of prices.")
    raise BadSheet(words, "no_headings")


def _only(found: set[str], known: Sequence[str]) -> str:
    return next(one for one in known if one in found) if len(found) == 1 else ""

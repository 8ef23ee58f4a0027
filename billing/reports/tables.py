"""Tables of reports. A column is described once, and a page and a file hold the same values."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.kit.markup import format_html, joined
from accounts.kit.moments import day_words
from billing.money import rounded, shown
from billing.reports.words import (
    DASH,
    change_cell,
    count_words,
    length_words,
    percent_words,
    tenths,
)

# More rows than these are only in the file.
MOST_SHOWN = 100
_STEP = Decimal("0.01")
_NUMBER, _END = SafeString(' class="num"'), SafeString("</td>")


@dataclass(frozen=True)
class Column:
    """`value` is what a file holds of a row, `cell` how a page shows that value."""

    label: Any
    value: Callable[[Any], Any]
    cell: Callable[[Any], Any] = str
    is_number: bool = True
    css: str = ""
    # On a phone the label stands beside the value, unless the column is left out there.
    is_on_card: bool = True


@dataclass(frozen=True)
class Table:
    """A caption, its columns, the rows by their order; `total` has the columns of a row as well.
    `link`: the address behind the first cell of a row, "" for none.
    """

    caption: Any
    columns: Sequence[Column]
    rows: Sequence[Any]
    total: Any = None
    link: Callable[[Any], str] = field(default=lambda _row: "")
    note: Any = ""

    @property
    def header(self) -> list[str]:
        return [str(one.label) for one in self.columns]

    def lines(self) -> Iterable[Sequence[Any]]:
        """The rows of a file, the sum last."""
        some = [*self.rows, *([] if self.total is None else [self.total])]
        return ([one.value(row) for one in self.columns] for row in some)

    @property
    def count(self) -> int:
        return len(self.rows) + (self.total is not None)

    @property
    def left(self) -> int:
        """How many rows a page does not show."""
        return max(len(self.rows) - MOST_SHOWN, 0)

    @cached_property
    def head(self) -> SafeString:
        """The cells of its head."""
        return joined(
            format_html('<th scope="col"{}>{}</th>', _NUMBER if one.is_number else "", one.label)
            for one in self.columns
        )

    @property
    def shown_rows(self) -> list[dict[str, Any]]:
        return [self._shown(row) for row in self.rows[:MOST_SHOWN]]

    @property
    def shown_total(self) -> dict[str, Any] | None:
        return None if self.total is None else self._shown(self.total)

    def _shown(self, row: Any) -> dict[str, Any]:
        first, *rest = self.columns
        name, url = first.cell(first.value(row)), self.link(row)
        cells = zip(self._begins, rest, strict=True)
        return {
            "name": format_html('<a href="{}">{}</a>', url, name) if url else name,
            "cells": joined(
                part for begin, one in cells for part in (begin, one.cell(one.value(row)), _END)
            ),
        }

    @cached_property
    def _begins(self) -> list[SafeString]:
        """How the cells of a row begin, the first one left out."""
        return [
            format_html(
                '<td class="{}" data-label="{}">',
                f"num {one.css}".strip() if one.is_number else one.css,
                one.label,
            )
            for one in self.columns[1:]
        ]


def text(label: Any, value: Callable[[Any], Any]) -> Column:
    return Column(label, value, is_number=False)


def day(label: Any, value: Callable[[Any], Any]) -> Column:
    return Column(label, value, _day, is_number=False)


def count(label: Any, value: Callable[[Any], int], **more: Any) -> Column:
    return Column(label, value, count_words, **more)


def money(label: Any, value: Callable[[Any], Decimal | None], **more: Any) -> Column:
    """An amount, exactly; one that is a quotient is rounded to what an amount may have."""
    return Column(label, lambda row: _rounded(value(row)), _money, **more)


def minutes(label: Any, value: Callable[[Any], Decimal], **more: Any) -> Column:
    return Column(label, lambda row: _hundredths(value(row)), tenths, **more)


def share(label: Any, value: Callable[[Any], Decimal | None], **more: Any) -> Column:
    return Column(label, lambda row: _hundredths(value(row)), percent_words, **more)


def seconds(label: Any, value: Callable[[Any], Decimal | None], **more: Any) -> Column:
    """A length: minutes and seconds on a page, seconds in a file."""
    return Column(label, lambda row: _hundredths(value(row)), length_words, **more)


def change(label: Any, value: Callable[[Any], tuple[Decimal, Decimal]], **more: Any) -> Column:
    """By how much the first is more than the second: percent on a page, the difference itself in a
    file.
    """
    return Column(label, lambda row: _Change(*value(row)), lambda one: one.cell, **more)


class _Change(Decimal):
    """A difference that remembers what it is one of."""

    cell: Any

    def __new__(cls, now: Decimal, before: Decimal) -> "_Change":
        made = super().__new__(cls, Decimal(now) - Decimal(before))
        made.cell = change_cell(now, before)
        return made


def _day(value: Any) -> str:
    """A day, or the words that stand instead of one."""
    if not value:
        return DASH
    return day_words(value) if isinstance(value, date) else str(value)


def _money(amount: Decimal | None) -> str:
    return DASH if amount is None else shown(amount)


def _rounded(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else rounded(amount)


def _hundredths(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(_STEP, ROUND_HALF_UP)


BEFORE = _("Before")
CHANGE = _("Change")

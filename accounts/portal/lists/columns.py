"""A column of a list, described once: for the page, for a card on a phone, for a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.kit.moments import with_zone, zone_words
from accounts.kit.pagination import SortKey

# In whose time zone a column tells times: that of the person who looks, or of each row's account.
VIEWERS = "viewer"
ACCOUNTS = "account"


@dataclass(frozen=True)
class Column:
    """One column. `cell` and `value` are given what the list prepared for a row: `cell` says what a
    page shows (None: only files have the column), `value` what a file holds (None: only pages).
    """

    name: str
    label: Any
    cell: Callable[[Any], Any] | None = None
    value: Callable[[Any], Any] | None = None
    # How the list is sorted by it: None, not at all.
    sort: SortKey | None = None
    is_number: bool = False
    # Classes of the cell, its place on a card among them; where rows differ, told for each.
    css: str | Callable[[Any], str] = "card-skip"
    # On a card the label stands beside the value.
    is_labelled: bool = False
    # Heads its row and stays in sight; the first column where none does.
    is_lead: bool = False
    # Holds what is done with the row: it stays in sight at the end of it.
    is_act: bool = False
    # The label is for those who listen to the page.
    is_label_hidden: bool = False
    # Of least use: shown where the window has the room.
    is_roomy: bool = False
    # Makes room for the panel of an account, which says the same: the first, or the second to go;
    # 3: the second, and the first beside columns that only rows of several accounts have.
    yields: int = 0
    # Only of use where rows of several accounts stand together.
    only_all: bool = False
    # What the column is good for, where people choose their columns.
    hint: Any = ""
    # What heads it in a file, where a page is shorter.
    file_name: Any = ""
    # VIEWERS or ACCOUNTS, of a column of times; the zone then stands at its head.
    zone: str = ""

    def classes(self, row: Any) -> str:
        own = self.css(row) if callable(self.css) else self.css
        return " ".join(one for one in (self.kind, own) if one)

    @property
    def zone_label(self) -> str:
        """The zone its times are told in, in words; "" of other columns."""
        if self.zone == ACCOUNTS:
            return str(_("account's zone"))
        return zone_words() if self.zone else ""

    @property
    def file_label(self) -> str:
        """The head of the column in a file."""
        name = self.file_name or self.label
        return with_zone(name, self.zone_label) if self.zone else str(name)

    @property
    def kind(self) -> str:
        """What head and cells have in common."""
        kind = "num" if self.is_number else "deeds" if self.is_act else ""
        if self.yields:
            kind = f"{kind} yields-{self.yields}"
        if self.only_all:
            kind = f"{kind} of-all"
        return f"{kind} roomy".strip() if self.is_roomy else kind.strip()


def by_name(columns: Iterable[Column]) -> dict[str, Column]:
    return {one.name: one for one in columns}


def for_pages(columns: Iterable[Column], *, is_all: bool) -> list[Column]:
    """Those a page shows where nobody chose others."""
    return [one for one in columns if one.cell and (is_all or not one.only_all)]


def for_files(columns: Iterable[Column]) -> list[Column]:
    return [one for one in columns if one.value]


def sorted_by(
    columns: Mapping[str, Column], asked: str, *, is_all: bool
) -> tuple[str, SortKey, bool] | None:
    """What `sort=` of an address means: (as asked, key, descending); None: nothing."""
    column = columns.get(asked.removeprefix("-"))
    if column is None or column.sort is None or (column.only_all and not is_all):
        return None
    return asked, column.sort, asked.startswith("-")


def chosen(known: Mapping[str, Column], kept: Any, default: Sequence[str]) -> list[str]:
    """The names a person keeps, in their order, or the default ones; the first one always leads."""
    wanted = [name for name in kept if name in known] if isinstance(kept, list) else []
    return list(dict.fromkeys([next(iter(known)), *(wanted or default)]))

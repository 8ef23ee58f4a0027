"""What a list shows, read from its address: Direct or All, filters, order."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django_filters import FilterSet

from accounts.kit.moments import day_words
from accounts.kit.pagination import SortKey
from accounts.portal.lists.columns import Column, by_name, sorted_by

# Of one page or answer only: never part of the address of another.
PASSING = ("cursor", "page", "format", "panel", "add", "view")
# How far counts are exact.
COUNTED = 10_000
# Of the list as it is, for who has it open with a view of their own.
PLAIN = "view="
# What of an address a view keeps beside filters.
KEPT = ("sort", "show", "columns")


def asked_in(parameters: QueryDict) -> list[tuple[str, str]]:
    """What an address asks for, each by its last value."""
    return [(name, str(value)) for name, value in parameters.items()]


class ListState:
    """The list an address means. `base` makes what it is about before any filter, `narrowed` is the
    filter set bound to the address (None: a list without filters), `first_order` its order where
    the address asks for none. `plain` is the end of the address of the list as it is, where an
    empty one opens something else.
    """

    def __init__(
        self,
        parameters: QueryDict,
        *,
        is_all: bool,
        base: Callable[[], QuerySet[Any]],
        narrowed: Any,
        columns: Iterable[Column],
        first_order: tuple[str, SortKey, bool],
        passing: Collection[str] = (),
        plain: str = "",
    ) -> None:
        self.parameters = parameters
        self.is_all = is_all
        self._make_base = base
        self.filter = narrowed
        self.columns = by_name(columns)
        self.first_order = first_order
        self.passing = {*PASSING, *passing}
        self.plain = plain
        # No filter stands in the address: what all of them would be asked in is not made.
        self.is_plain = narrowed is None or (
            isinstance(narrowed, FilterSet)
            and not any(name in narrowed.data for name in narrowed.filters)
        )
        self.is_valid: bool = self.is_plain or narrowed.is_valid()

    @cached_property
    def base(self) -> QuerySet[Any]:
        return self._make_base()

    @cached_property
    def matching(self) -> QuerySet[Any]:
        if self.is_plain:
            return self.base
        if isinstance(self.filter, FilterSet):
            self.filter.queryset = self.base
        rows: QuerySet[Any] = self.filter.qs if self.is_valid else self.base.none()
        return rows

    @cached_property
    def active(self) -> dict[str, str]:
        """The filters that are set."""
        if self.is_plain:
            return {}
        return {
            name: str(value)
            for name, value in self.filter.form.data.items()
            if name in self.filter.filters and str(value).strip()
        }

    def box(self, name: str) -> forms.BoundField:
        """The box of one filter, which stands outside the panel of the others."""
        if not self.is_plain:
            return self.filter.form[name]
        alone = type("Alone", (forms.Form,), {name: self.filter.filters[name].field})
        return alone(self.filter.data)[name]

    def choices(self, name: str) -> Iterable[tuple[Any, Any]]:
        """The choices of one filter."""
        of_filter: Iterable[tuple[Any, Any]] = self.filter.filters[name].field.choices
        return of_filter

    @cached_property
    def count(self) -> int:
        """How many match; exact as far as COUNTED, and one more for more."""
        return self.matching.order_by()[: COUNTED + 1].count()

    @cached_property
    def order(self) -> tuple[str, SortKey, bool]:
        """(name as in the address, key, descending)."""
        asked = self.parameters.get("sort", "")
        return sorted_by(self.columns, asked, is_all=self.is_all) or self.first_order

    @property
    def is_untouched(self) -> bool:
        """Neither narrowed nor sorted by the address."""
        return self.is_plain and self.order is self.first_order

    def address(self, **changes: Any) -> str:
        """The same list with some parameters changed; None removes one. The page never stays."""
        parts = [written for name, written in self._given if name not in changes]
        if changed := [one for one in changes.items() if one[1] is not None]:
            parts.append(urlencode(changed))
        return "?" + ("&".join(parts) or self.plain)

    @cached_property
    def _given(self) -> list[tuple[str, str]]:
        """What of the address stays in that of another page of the list, by name, as it is written
        there.
        """
        return [
            (name, urlencode([(name, value)]))
            for name, values in self.parameters.lists()
            if name not in self.passing
            for value in values
        ]

    def others(self, name: str) -> list[tuple[str, str]]:
        """What the address asks for beside this."""
        passing = {*self.passing, name}
        return [(one, value) for one, value in asked_in(self.parameters) if one not in passing]

    def cleared(self, **changes: Any) -> str:
        """The list without its filters."""
        names = self.filter.filters if self.filter is not None else ()
        return self.address(**{**dict.fromkeys(names), **changes})

    def pills(self) -> list[dict[str, Any]]:
        """The filters that are on, each with the address of the list without it."""
        return [
            {
                "name": self.filter.filters[name].label,
                "value": self._words(name, value),
                "url": self.address(**{name: None}),
            }
            for name, value in self.active.items()
        ]

    @property
    def asked(self) -> dict[str, str]:
        """What a view of the list as it is keeps: filters, order, scope and columns."""
        found = {name: self.parameters.get(name, "").strip() for name in KEPT}
        return {**self.active, **{name: value for name, value in found.items() if value}}

    def known(self) -> tuple[dict[str, str], list[str]]:
        """What of the address this list can be asked for, and the words for what it cannot."""
        filters = self.filter.filters if self.filter is not None else {}
        wrong = {} if self.is_valid else self.filter.form.errors
        known, unknown = {}, []
        for name, value in asked_in(self.parameters):
            is_order = name == "sort" and sorted_by(self.columns, value, is_all=self.is_all)
            if is_order or name in ("show", "columns") or (name in filters and name not in wrong):
                known[name] = value
            else:
                unknown.append(str(filters[name].label if name in filters else name))
        return known, unknown

    def _words(self, name: str, value: str) -> Any:
        clean = getattr(self.filter.form, "cleaned_data", {}).get(name)
        if isinstance(clean, date):
            return day_words(clean)
        choices: Mapping[Any, Any] = dict(getattr(self.filter.form.fields[name], "choices", ()))
        return choices.get(value, value)

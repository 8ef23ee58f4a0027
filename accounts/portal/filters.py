"""What filters of lists share: rows of one account, or of many."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.core.querysets import AccountQuerySet
from accounts.portal.forms.counts import CountField
from accounts.portal.forms.days import DayField


def first_found(
    narrowing: Any, rows: QuerySet[Any], names: Collection[str], most: int
) -> QuerySet[Any]:
    """What filters that are asked for by these names leave of the rows, at most so many."""
    # Of the others no fields are made.
    narrowing.filters = {name: one for name, one in narrowing.filters.items() if name in names}
    narrowing.queryset = rows
    found = narrowing.qs.order_by()
    # Cut within: SQLite cuts no part of a union.
    return QuerySet(found.model).filter(pk__in=found.values("pk")[:most])


def account_filter() -> django_filters.CharFilter:
    """The filter by an account id."""
    return django_filters.CharFilter(
        method="filter_account",
        label=_("Account ID"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class CountFilter(django_filters.Filter):
    """A whole number, read as every box reads it: NumberFilter would take "2.5" and "1_0"."""

    field_class: Any = CountField


class DayFilter(django_filters.Filter):
    """Rows from or until a day of the viewer's zone, that day included: `DayFilter("at__gte",
    day_begin)`, `DayFilter("at__lt", day_end)`. A range of moments: an index finds it, and what a
    day means is settled while the request is there.
    """

    field_class: Any = DayField

    def __init__(self, lookup: str, moment_of: Callable[[date], datetime], **more: Any) -> None:
        super().__init__(**more)
        self.lookup = lookup
        self.moment_of = moment_of

    def filter(self, rows: QuerySet[Any], day: date | None) -> QuerySet[Any]:
        return rows.filter(**{self.lookup: self.moment_of(day)}) if day else rows


class ScopedFilter(django_filters.FilterSet):
    """Filters of rows of accounts. `accounts` says the viewer's scope, which few addresses ask for;
    `with_account`: of a list that holds rows of more than one.
    """

    # What of a row holds its account's key.
    account_path = "account"

    def __init__(
        self,
        *args: Any,
        accounts: Callable[[], AccountQuerySet],
        with_account: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._accounts = accounts
        if not with_account:
            del self.filters["account"]

    @property
    def accounts(self) -> AccountQuerySet:
        return self._accounts()

    def filter_account(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        # By its key: an index then finds the rows. A foreign id finds nothing, like any other.
        account = self.accounts.called(text.strip()).first()
        return rows.filter(**{self.account_path: account.pk}) if account else rows.none()

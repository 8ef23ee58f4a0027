"""What filters of lists share: rows of one account, or of many."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.core.querysets import AccountQuerySet
from accounts.portal.forms.counts import CountField


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


class ScopedFilter(django_filters.FilterSet):
    """Filters of rows of accounts. `accounts` is the viewer's scope; `with_account`: of a list that
    holds rows of more than one.
    """

    # What of a row holds its account's key.
    account_path = "account"

    def __init__(
        self, *args: Any, accounts: AccountQuerySet, with_account: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = accounts
        if not with_account:
            del self.filters["account"]

    def filter_account(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        # By its key: an index then finds the rows. A foreign id finds nothing, like any other.
        account = self.accounts.called(text.strip()).first()
        return rows.filter(**{self.account_path: account.pk}) if account else rows.none()

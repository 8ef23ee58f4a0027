"""What a history of payments can be narrowed by."""

from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.kit.moments import day_begin, day_end
from accounts.portal.filters import DayFilter, ScopedFilter, account_filter
from billing.forms import AmountField
from billing.ledger.models import Entry, Transaction

# Every kind but those that calls post by themselves.
PAYMENTS = "payments"


class _AmountFilter(django_filters.Filter):
    field_class: Any = AmountField


def _text(label: Any, method: str, length: int) -> django_filters.CharFilter:
    return django_filters.CharFilter(
        method=method,
        label=label,
        max_length=length,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class EntryFilter(ScopedFilter):
    """Filters of entries; days are those of the current zone."""

    account_path = "wallet"

    kind = django_filters.ChoiceFilter(
        method="filter_kind",
        choices=[(PAYMENTS, _("Payments, all but calls")), *Transaction.Kind.choices],
        label=_("Type"),
        empty_label=_("Any"),
    )
    method = django_filters.ChoiceFilter(
        field_name="transaction__method",
        choices=Transaction.Method.choices,
        label=_("Method"),
        empty_label=_("Any"),
    )
    since = DayFilter("at__gte", day_begin, label=_("From"))
    until = DayFilter("at__lt", day_end, label=_("Until"))
    reference = _text(_("Reference"), "filter_reference", 64)
    account = account_filter()
    amount_from = _AmountFilter(method="filter_amount_from", label=_("Amount from"))
    amount_to = _AmountFilter(method="filter_amount_to", label=_("Amount up to"))

    class Meta:
        model = Entry
        fields: list[str] = []

    def filter_kind(self, rows: QuerySet[Entry], _name: str, kind: str) -> QuerySet[Entry]:
        if kind == PAYMENTS:
            return rows.exclude(transaction__kind__in=Transaction.OF_CALLS)
        return rows.filter(transaction__kind=kind)

    def filter_reference(self, rows: QuerySet[Entry], _name: str, text: str) -> QuerySet[Entry]:
        return rows.filter(transaction__reference__icontains=text)

    def filter_amount_from(self, rows: QuerySet[Entry], _n: str, least: Decimal) -> Any:
        return rows.filter(Q(amount__gte=least) | Q(amount__lte=-least))

    def filter_amount_to(self, rows: QuerySet[Entry], _n: str, most: Decimal) -> Any:
        return rows.filter(amount__gte=-most, amount__lte=most)

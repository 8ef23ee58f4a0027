"""What a list of phones can be narrowed by."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.numbers.reading import digits_of
from accounts.phones.models import Phone, PhoneLock
from accounts.phones.queries import leading_to
from accounts.portal.filters import ScopedFilter, account_filter

_LOCKS = [("locked", _("Locked in any way")), *PhoneLock.choices]


class PhoneFilter(ScopedFilter):
    """Filters of phones."""

    q = django_filters.CharFilter(
        method="filter_q",
        label=_("Number or DID"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    account = account_filter()
    lock = django_filters.ChoiceFilter(
        choices=_LOCKS, method="filter_lock", label=_("Lock"), empty_label=_("Any")
    )
    memo = django_filters.CharFilter(
        field_name="memo",
        method="filter_memo",
        label=_("Memo"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Phone
        fields: list[str] = []

    def filter_q(self, rows: QuerySet[Phone], _name: str, text: str) -> QuerySet[Phone]:
        digits = digits_of(text)
        return leading_to(rows, digits) if digits else rows.none()

    def filter_lock(self, rows: QuerySet[Phone], _name: str, value: str) -> QuerySet[Phone]:
        return rows.exclude(lock=PhoneLock.NONE) if value == "locked" else rows.filter(lock=value)

    def filter_memo(self, rows: QuerySet[Phone], _name: str, text: str) -> QuerySet[Phone]:
        return rows.filter(memo__icontains=text)

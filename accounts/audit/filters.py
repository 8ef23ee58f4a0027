"""What the audit log can be narrowed by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.audit.queries import by_known, entries_on
from accounts.audit.words import deeds
from accounts.core.actor import Actor
from accounts.core.models import AuditEntry
from accounts.kit.moments import day_begin, day_end
from accounts.portal.filters import DayFilter, ScopedFilter
from accounts.portal.forms.picker import picker_attrs

Entries = QuerySet[AuditEntry]


class AuditFilter(ScopedFilter):
    """Filters of a list of entries. Names, words, addresses and requests are looked for only in
    entries whose actor the viewer may know: else a filter would tell what the page hides.
    """

    q = django_filters.CharFilter(method="filter_q", label=_("Text"), max_length=100)
    account = django_filters.CharFilter(
        method="filter_account",
        label=_("Account and all below"),
        max_length=32,
        widget=forms.TextInput(attrs=picker_attrs(is_clearable=True)),
    )
    actor = django_filters.CharFilter(
        method="filter_actor",
        label=_("Who"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    group = django_filters.ChoiceFilter(
        choices=deeds.group_choices, method="filter_group", label=_("Kind of deed"),
        empty_label=_("Any"),
    )  # fmt: skip
    since = DayFilter("at__gte", day_begin, label=_("From"))
    until = DayFilter("at__lt", day_end, label=_("Until"))
    request_id = django_filters.CharFilter(
        method="filter_request",
        label=_("Request"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    refused = django_filters.ChoiceFilter(
        choices=[("1", _("Refused only"))], method="filter_refused", label=_("Result"),
        empty_label=_("Any"),
    )  # fmt: skip

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewer = actor
        self.known = by_known(actor)

    def filter_q(self, queryset: Entries, _name: str, value: str) -> Entries:
        text = _clean(value)
        open_to_all = Q(account__icontains=text) | Q(action__in=deeds.actions_saying(text))
        # A refused deed's object is the address that was tried.
        subject = deeds.subjects_like(text, numbers=self.viewer.is_administrator)
        named = (
            subject | Q(actor__icontains=text) | Q(reason__icontains=text) | Q(request_id=text)
        ) & self.known
        return queryset.filter(open_to_all | named)

    def filter_account(self, queryset: Entries, _name: str, value: str) -> Entries:
        found = self.accounts.called(value.strip()).first()
        if found is None:
            return queryset.none()
        return queryset & entries_on(self.viewer, found, with_below=True)

    def filter_actor(self, queryset: Entries, _name: str, value: str) -> Entries:
        name = _clean(value)
        return queryset.filter(self.known, Q(actor__iexact=name) | Q(on_behalf_of__iexact=name))

    def filter_group(self, queryset: Entries, _name: str, value: str) -> Entries:
        return queryset.filter(deeds.in_group(value))

    def filter_request(self, queryset: Entries, _name: str, value: str) -> Entries:
        return queryset.filter(self.known, request_id=_clean(value))

    def filter_refused(self, queryset: Entries, _name: str, _value: str) -> Entries:
        return queryset.filter(is_refused=True)


def _clean(text: str) -> str:
    return text.strip().replace("\x00", "")

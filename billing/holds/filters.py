"""What running calls can be narrowed by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.kit.moments import asked_now
from accounts.numbers.reading import digits_of
from accounts.portal.filters import ScopedFilter, account_filter
from billing.holds.models import RunningCall
from billing.holds.queries import long_among, soon_among

SOON, LONG, OVER, LOST = "soon", "long", "over", "lost"


def _named(label: Any, method: str) -> django_filters.CharFilter:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return django_filters.CharFilter(method=method, label=label, max_length=32, widget=widget)


class RunningFilter(ScopedFilter):
    """By what is to be said of them, by account or number, by what they come in and go out by. The
    carrier's gateway is for administrators.
    """

    q = django_filters.CharFilter(
        method="filter_words",
        label=_("Account or number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    state = django_filters.ChoiceFilter(
        choices=[
            (SOON, _("Cut soon")),
            (LONG, _("Over 30 min")),
            (OVER, _("Over, still held")),
            (LOST, _("Lost")),
        ],
        method="filter_state",
        label=_("Calls"),
        empty_label=_("All"),
    )
    account = account_filter()
    phone = _named(_("Phone"), "filter_phone")
    gateway = _named(_("Gateway"), "filter_gateway")
    carrier = _named(_("Routing gateway"), "filter_carrier")

    class Meta:
        model = RunningCall
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not actor.is_administrator:
            del self.filters["carrier"]

    def filter_words(self, rows: QuerySet[RunningCall], _name: str, text: str) -> Any:
        typed = text.strip()
        found = Q(account__account_id__icontains=typed)
        if digits := digits_of(typed):
            found |= Q(number__istartswith=digits) | Q(callee__istartswith=digits)
            found |= Q(caller__istartswith=digits) | Q(caller__istartswith=f"+{digits}")
        return rows.filter(found)

    def filter_state(self, rows: QuerySet[RunningCall], _name: str, value: str) -> Any:
        # Which rows it is about is said by the list, of those that are up.
        if value == SOON:
            return soon_among(rows, asked_now())
        return long_among(rows, asked_now()) if value == LONG else rows

    def filter_phone(self, rows: QuerySet[RunningCall], _name: str, text: str) -> Any:
        return rows.filter(phone=text.strip())

    def filter_gateway(self, rows: QuerySet[RunningCall], _name: str, text: str) -> Any:
        return rows.filter(gateway__iexact=text.strip())

    def filter_carrier(self, rows: QuerySet[RunningCall], _name: str, text: str) -> Any:
        return rows.filter(routing_gateway__iexact=text.strip())

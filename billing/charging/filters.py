"""What the queue can be narrowed by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.portal.filters import ScopedFilter, account_filter
from billing.calls.models import CallRecord
from billing.calls.reasons import Reason
from billing.charging.queries.queue import ABOVE
from billing.charging.words import reason_words


class QueueFilter(ScopedFilter):
    """By reason as the viewer may know it, by the account at which, by whose call it was, and by
    what is missing. Nothing of it looks at what the viewer may not read.
    """

    state = django_filters.ChoiceFilter(
        choices=[("written", _("Written off"))],
        method="filter_state",
        label=_("State"),
        empty_label=_("Waiting"),
    )
    reason = django_filters.ChoiceFilter(
        choices=Reason.choices,
        method="filter_reason",
        label=_("Reason"),
        empty_label=_("Any"),
    )
    part = django_filters.ChoiceFilter(
        choices=CallRecord.Part.choices, label=_("What"), empty_label=_("Calls and costs")
    )
    level = django_filters.CharFilter(
        method="filter_level",
        label=_("Waits at"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    missing = django_filters.CharFilter(
        method="filter_missing",
        label=_("What is missing begins with"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    account = account_filter()

    class Meta:
        model = CallRecord
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if actor.is_administrator:
            return
        del self.filters["state"], self.filters["part"]
        choices: list[tuple[str, Any]] = [(one.value, one.label) for one in _OWN]
        if not actor.is_top_level:
            choices.append((ABOVE, reason_words(ABOVE)))
        self.filters["reason"].extra["choices"] = choices

    def filter_state(self, rows: QuerySet[CallRecord], _name: str, _value: str) -> Any:
        # Which rows it is about is said by the list.
        return rows

    def filter_reason(self, rows: QuerySet[Any], _name: str, value: str) -> Any:
        return rows.filter(shown=value)

    def filter_level(self, rows: QuerySet[CallRecord], _name: str, text: str) -> Any:
        level = self.accounts.called(text.strip()).first()
        return rows.filter(level=level.pk) if level else rows.none()

    def filter_missing(self, rows: QuerySet[Any], _name: str, text: str) -> Any:
        return rows.filter(detail__istartswith=text.strip()).exclude(shown=ABOVE)


_OWN = (
    Reason.ABSURD, Reason.CLOSED, Reason.TWO_LEGS, Reason.NO_SESSION, Reason.NO_NUMBER,
    Reason.NO_GROUP, Reason.NO_RATE,
)  # fmt: skip

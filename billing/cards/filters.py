"""What lists of card batches, and of the cards of one, can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.cards.models import Card, CardBatch, past_its_day
from billing.cards.queries import batches_in, batches_matching, without_group
from billing.cards.serials import cleaned
from billing.cards.tables import STATES


class BatchFilter(django_filters.FilterSet):
    """By name, serial, state, and whether accounts could call that their cards open."""

    q = django_filters.CharFilter(method="filter_q", label=_("Name or serial"), max_length=64)
    state = django_filters.ChoiceFilter(
        choices=[(value, label) for value, (label, _icon, _colour) in STATES.items()],
        method="filter_state",
        label=_("State"),
        empty_label=_("Any state"),
    )
    calls_at = django_filters.ChoiceFilter(
        choices=[("none", _("Without a rate group"))],
        method="filter_calls_at",
        label=_("Calls"),
        empty_label=_("Any"),
    )

    class Meta:
        model = CardBatch
        fields: list[str] = []

    def filter_q(self, rows: QuerySet[CardBatch], _name: str, text: str) -> QuerySet[CardBatch]:
        return batches_matching(rows, text)

    def filter_state(self, rows: QuerySet[CardBatch], _name: str, state: str) -> Any:
        return batches_in(rows, state)

    def filter_calls_at(self, rows: QuerySet[CardBatch], _name: str, _value: str) -> Any:
        return without_group(rows)


class CardFilter(django_filters.FilterSet):
    """By the beginning of the serial, and by how a card stands."""

    q = django_filters.CharFilter(method="filter_q", label=_("Serial"), max_length=32)
    status = django_filters.ChoiceFilter(
        choices=Card.Status.choices,
        method="filter_status",
        label=_("Status"),
        empty_label=_("All"),
    )

    class Meta:
        model = Card
        fields: list[str] = []

    def filter_q(self, rows: QuerySet[Card], _name: str, text: str) -> QuerySet[Card]:
        return rows.filter(serial__startswith=cleaned(text))

    def filter_status(self, rows: QuerySet[Card], _name: str, status: str) -> QuerySet[Card]:
        late = past_its_day(timezone.now())
        if status == Card.Status.EXPIRED:
            return rows.filter(late)
        return rows.filter(status=status).exclude(late)

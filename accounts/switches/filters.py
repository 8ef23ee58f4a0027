"""What the list of switches can be narrowed by."""

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.switches.models import Switch
from accounts.switches.queries import switches_in

_STATES = [
    ("heard", _("Heard")),
    ("silent", _("Silent")),
    ("never", _("Never heard")),
    ("locked", _("Locked")),
]


class SwitchFilter(django_filters.FilterSet):
    """By name, note and address, and by whether they are heard."""

    q = django_filters.CharFilter(
        method="filter_q", label=_("Name, note or address"), max_length=64
    )
    state = django_filters.ChoiceFilter(
        choices=_STATES, method="filter_state", label=_("State"), empty_label=_("Any")
    )

    class Meta:
        model = Switch
        fields: list[str] = []

    def filter_q(self, rows: QuerySet[Switch], _name: str, text: str) -> QuerySet[Switch]:
        listed = rows.annotate(listed=Cast("addresses", TextField()))
        return listed.filter(
            Q(name__icontains=text) | Q(note__icontains=text) | Q(listed__icontains=text)
        )

    def filter_state(self, rows: QuerySet[Switch], _name: str, state: str) -> QuerySet[Switch]:
        return switches_in(rows, state)

"""What a list of gateways can be narrowed by."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.gateways.models import Gateway, GatewayQuerySet
from accounts.kit.text import name_key
from accounts.portal.filters import account_filter

_STATES = [("active", _("Active")), ("locked", _("Locked")), ("empty", _("Without capacity"))]


class GatewayFilter(django_filters.FilterSet):
    """Filters of gateways. `with_direction`: of a viewer who has both directions."""

    q = django_filters.CharFilter(method="filter_q", label=_("Name or address"), max_length=100)
    state = django_filters.ChoiceFilter(
        choices=_STATES, method="filter_state", label=_("State"), empty_label=_("Any")
    )
    direction = django_filters.ChoiceFilter(
        choices=Gateway.Direction.choices, label=_("Direction"), empty_label=_("Any")
    )
    protocol = django_filters.ChoiceFilter(
        choices=Gateway.Protocol.choices, label=_("Protocol"), empty_label=_("Any")
    )
    registration = django_filters.ChoiceFilter(
        choices=Gateway.Registration.choices, label=_("Registration"), empty_label=_("Any")
    )
    account = account_filter()

    class Meta:
        model = Gateway
        fields: list[str] = []

    def __init__(self, *args: Any, with_direction: bool, with_account: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not with_direction:
            del self.filters["direction"]
        if not with_account:
            del self.filters["account"]

    def filter_q(self, rows: GatewayQuerySet, _name: str, text: str) -> GatewayQuerySet:
        return rows.matching(text.strip())

    def filter_state(self, rows: GatewayQuerySet, _name: str, state: str) -> GatewayQuerySet:
        if state == "empty":
            return rows.filter(capacity=0)
        return rows.filter(is_locked=state == "locked")

    def filter_account(self, rows: GatewayQuerySet, _name: str, text: str) -> GatewayQuerySet:
        # The rows are in scope already: a foreign account's id finds nothing, like any other.
        return rows.filter(account__account_id__lower=name_key(text))

"""What the list of requests for authorizations can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.core.authorizations import Authorization
from accounts.requests.models import AuthorizationRequest

Status = AuthorizationRequest.Status
# Beside the states: what was answered, whichever way, and that together with what waits.
ANSWERED, EVERY = "answered", "all"
_SHOWN = [
    (ANSWERED, _("Answered")),
    (Status.GRANTED, _("Granted")),
    (Status.REFUSED, _("Refused")),
    (Status.WITHDRAWN, _("Withdrawn")),
    (Status.VOID, _("Void")),
    (EVERY, _("All")),
]


class AskedFilter(django_filters.FilterSet):
    """By account or who asked, by state and by what is asked for."""

    q = django_filters.CharFilter(
        method="filter_q", label=_("Account ID or who asked"), max_length=64
    )
    show = django_filters.ChoiceFilter(
        choices=_SHOWN, method="filter_show", label=_("State"), empty_label=_("Waiting")
    )
    code = django_filters.ChoiceFilter(
        choices=lambda: [(one.value, f"{one.number} {one.label}") for one in Authorization],
        label=_("Authorization"),
        empty_label=_("Any"),
    )

    class Meta:
        model = AuthorizationRequest
        fields: list[str] = []

    def filter_q(self, rows: Any, _name: str, text: str) -> Any:
        return rows.filter(
            Q(account__account_id__icontains=text) | Q(requester_name__icontains=text)
        )

    def filter_show(self, rows: Any, _name: str, show: str) -> Any:
        """What is beside those that wait is widened by the list itself."""
        return rows if show in (ANSWERED, EVERY) else rows.filter(status=show)

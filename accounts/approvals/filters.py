"""What the list of sub-agent requests can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.approvals.models import SubAgentRequest
from accounts.core.querysets import AccountQuerySet

Status = SubAgentRequest.Status
# Beside the states: what was decided, whichever way, and that together with what waits.
DECIDED, EVERY = "decided", "all"
_SHOWN = [
    (DECIDED, _("Decided")),
    (Status.APPROVED, _("Approved")),
    (Status.REJECTED, _("Rejected")),
    (Status.WITHDRAWN, _("Withdrawn")),
    (Status.VOID, _("Void")),
    (EVERY, _("All")),
]


class RequestFilter(django_filters.FilterSet):
    """By account or who asked, by state and by kind. `accounts` is the viewer's scope: an account
    that has left it is found by no name.
    """

    q = django_filters.CharFilter(
        method="filter_q", label=_("Account ID or who asked"), max_length=64
    )
    show = django_filters.ChoiceFilter(
        choices=_SHOWN, method="filter_show", label=_("State"), empty_label=_("Waiting")
    )
    kind = django_filters.ChoiceFilter(
        choices=SubAgentRequest.Kind.choices, label=_("Kind"), empty_label=_("Any")
    )

    class Meta:
        model = SubAgentRequest
        fields: list[str] = []

    def __init__(self, *args: Any, accounts: AccountQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = accounts

    def filter_q(
        self, rows: QuerySet[SubAgentRequest], _name: str, text: str
    ) -> QuerySet[SubAgentRequest]:
        called = self.accounts.filter(account_id__icontains=text).values("pk")
        # One that is not there yet.
        asked = Q(target=None, fields__account_id__icontains=text)
        who = Q(requester_name__icontains=text)
        return rows.filter(Q(agent__in=called) | Q(target__in=called) | asked | who)

    def filter_show(
        self, rows: QuerySet[SubAgentRequest], _name: str, show: str
    ) -> QuerySet[SubAgentRequest]:
        """What is beside those that wait is widened by the list itself."""
        return rows if show in (DECIDED, EVERY) else rows.filter(status=show)

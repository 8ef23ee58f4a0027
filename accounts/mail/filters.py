"""What the list of mails can be narrowed by."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.mail.kinds import mail_kinds
from accounts.mail.models import Mail
from accounts.mail.queries import FAILING

_STATES = [
    ("failing", _("Failed")),
    (Mail.State.GIVEN_UP, _("Given up")),
    (Mail.State.WAITING, _("Waiting")),
    (Mail.State.SENT, _("Sent")),
    (Mail.State.SKIPPED, _("Not sent")),
]


class MailFilter(django_filters.FilterSet):
    """By whom they go to, what they are and what came of them."""

    q = django_filters.CharFilter(
        method="filter_q", label=_("User name or address"), max_length=100
    )
    state = django_filters.ChoiceFilter(
        choices=_STATES, method="filter_state", label=_("State"), empty_label=_("All")
    )
    kind = django_filters.ChoiceFilter(
        choices=lambda: [(one.code, one.label) for one in mail_kinds()],
        label=_("Kind"),
        empty_label=_("All"),
    )

    class Meta:
        model = Mail
        fields: list[str] = []

    def filter_q(self, rows: QuerySet[Mail], _name: str, text: str) -> QuerySet[Mail]:
        own = Q(address="", login__email__icontains=text)
        return rows.filter(Q(login__username__icontains=text) | Q(address__icontains=text) | own)

    def filter_state(self, rows: QuerySet[Mail], _name: str, state: str) -> QuerySet[Mail]:
        if state == "failing":
            return rows.filter(FAILING)
        if state == Mail.State.WAITING:
            return rows.filter(state__in=Mail.OPEN, error="")
        return rows.filter(state=state)

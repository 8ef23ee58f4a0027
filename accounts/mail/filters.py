"""What the list of mails can be narrowed by."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

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
    """Filters of mails."""

    state = django_filters.ChoiceFilter(
        choices=_STATES, method="filter_state", label=_("State"), empty_label=_("All")
    )

    class Meta:
        model = Mail
        fields: list[str] = []

    def filter_state(self, rows: QuerySet[Mail], _name: str, state: str) -> QuerySet[Mail]:
        if state == "failing":
            return rows.filter(FAILING)
        if state == Mail.State.WAITING:
            return rows.filter(state__in=Mail.OPEN, error="")
        return rows.filter(state=state)

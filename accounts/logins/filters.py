"""What the logins of an account can be narrowed by; accounts by what their logins lack, as a filter
of account lists.
"""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.core.models import User
from accounts.core.querysets import AccountQuerySet
from accounts.logins.queries import logins_active, without_factor
from accounts.portal.list_parts import ProductView
from accounts.portal.registry import ListFilter


def _narrow(rows: AccountQuerySet, _name: str, value: Any) -> AccountQuerySet:
    logins = logins_active()
    if value == "none":
        return rows.exclude(pk__in=logins.values("account"))
    if value == "never":
        return rows.filter(pk__in=logins.filter(last_login=None).values("account"))
    return rows.filter(pk__in=without_factor(logins).values("account"))


LOGIN_FILTER = ListFilter(
    "logins",
    lambda: django_filters.ChoiceFilter(
        field_name="logins",
        choices=[
            ("none", _("No login")),
            ("never", _("A login never used")),
            ("no_factor", _("A login without second factor")),
        ],
        method=_narrow,
        label=_("Logins"),
        empty_label=_("Any"),
    ),
    order=5,
)

LIST_VIEWS = [
    ProductView(
        _("No second factor"), {"logins": "no_factor"}, order=20, is_work=True, is_steady=True
    )
]


class LoginFilter(django_filters.FilterSet):
    """Logins with their facts (`logins_with_sessions`), by how they stand and are protected."""

    state = django_filters.ChoiceFilter(
        choices=[("active", _("Active")), ("invited", _("Invited")), ("locked", _("Locked"))],
        method="filter_state",
        label=_("State"),
        empty_label=_("Any"),
    )
    factor = django_filters.ChoiceFilter(
        choices=[("none", _("None")), ("some", _("Set up"))],
        method="filter_factor",
        label=_("Second factor"),
        empty_label=_("Any"),
    )
    used = django_filters.ChoiceFilter(
        choices=[("never", _("Never")), ("ever", _("At least once")), ("now", _("Right now"))],
        method="filter_used",
        label=_("Signed in"),
        empty_label=_("Any"),
    )

    class Meta:
        model = User
        fields: list[str] = []

    def filter_state(self, rows: QuerySet[User], _name: str, state: str) -> QuerySet[User]:
        if state == "locked":
            return rows.filter(is_active=False)
        return rows.filter(is_active=True, must_change_password=state == "invited")

    def filter_factor(self, rows: "QuerySet[Any]", _name: str, factor: str) -> "QuerySet[Any]":
        # A locked one needs none.
        lacking = rows.filter(has_second_factor=False, is_active=True)
        return lacking if factor == "none" else rows.filter(has_second_factor=True)

    def filter_used(self, rows: "QuerySet[Any]", _name: str, used: str) -> "QuerySet[Any]":
        if used == "now":
            return rows.filter(session_count__gt=0)
        return rows.filter(last_login__isnull=used == "never")

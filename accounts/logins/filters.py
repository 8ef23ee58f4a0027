"""Accounts by what their logins lack, as a filter of account lists."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

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

LIST_VIEWS = [ProductView(_("No second factor"), {"logins": "no_factor"}, order=20)]

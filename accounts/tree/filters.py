"""What a list of accounts can be narrowed by."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import NOBODY, Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.moments import asked_now, day_begin, day_end
from accounts.kit.text import name_key
from accounts.portal.filters import CountFilter, DayFilter
from accounts.portal.list_parts import ProductView
from accounts.portal.registry import registry

_STATES = [
    ("active", _("Active")),
    ("locked", _("Locked")),
    ("above", _("Blocked by a level above")),
    ("expired", _("Expired")),
    ("closed", _("Closed")),
]
_CATEGORIES = [("agent", _("Agent")), ("account", _("Account"))]


class AccountFilter(django_filters.FilterSet):
    """Filters of account lists. `base_level` is the level of the viewer's own root in the tree;
    `actor` narrows it, and what only some may look for is looked for within what it may know;
    `now` the moment they are asked at, and `ends` the moments so many days later, for who makes a
    statement once and asks it again and again.
    """

    q = django_filters.CharFilter(method="filter_q", label=_("Account ID or name"), max_length=100)
    status = django_filters.ChoiceFilter(
        choices=_STATES, method="filter_status", label=_("Status"), empty_label=_("Any")
    )
    category = django_filters.ChoiceFilter(
        choices=_CATEGORIES, method="filter_category", label=_("Category"), empty_label=_("Any")
    )
    type = django_filters.ChoiceFilter(
        choices=Account.Type.choices, label=_("Type"), empty_label=_("Any")
    )
    billing = django_filters.ChoiceFilter(
        choices=Account.BillingModel.choices,
        field_name="ctd_billing_model",
        label=_("CTD billing model"),
        empty_label=_("Any"),
    )
    level = CountFilter(method="filter_level", label=_("Level"), min_value=1, max_value=64)
    level_from = CountFilter(
        method="filter_level_from", label=_("Level from"), min_value=1, max_value=64
    )
    agent = django_filters.CharFilter(method="filter_agent", label=_("Agent ID"), max_length=32)
    created_from = DayFilter("created_at__gte", day_begin, label=_("Created from"))
    created_until = DayFilter("created_at__lt", day_end, label=_("Created until"))
    expires_within = CountFilter(
        method="filter_expires", label=_("Expires within days"), min_value=0, max_value=3650
    )
    pattern = django_filters.ChoiceFilter(
        choices=[("off", _("Off the pattern"))],
        method="filter_pattern",
        label=_("Name pattern"),
        empty_label=_("Any"),
    )

    class Meta:
        model = Account
        fields: list[str] = []

    def __init__(
        self,
        *args: Any,
        base_level: int = 0,
        actor: Actor = NOBODY,
        now: datetime | None = None,
        ends: Mapping[int, datetime] = MappingProxyType({}),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.base_level = base_level
        # Who narrows the list: some of what packages look for is not for everybody.
        self.actor = actor
        self.now = now or asked_now()
        self.ends = ends
        for one in registry.list_filters:
            self.filters[one.name] = narrowing = one.make()
            narrowing.parent, narrowing.model = self, Account

    def filter_q(self, queryset: AccountQuerySet, _name: str, value: str) -> AccountQuerySet:
        return queryset.filter(
            Q(account_id__icontains=value)
            | Q(name__icontains=value)
            | Q(detail__memo__icontains=value)
        )

    def filter_status(self, queryset: AccountQuerySet, _name: str, value: str) -> AccountQuerySet:
        if value == "active":
            return queryset.running(self.now)
        if value == "above":
            return queryset.stopped_above(self.now)
        if value == "expired":
            return queryset.filter(status=Account.Status.ACTIVE, valid_until__lte=self.now)
        return queryset.filter(status=value)

    def filter_category(self, queryset: AccountQuerySet, _name: str, value: str) -> AccountQuerySet:
        return queryset.agents() if value == "agent" else queryset.ordinary()

    def filter_level(self, queryset: AccountQuerySet, _name: str, value: Any) -> AccountQuerySet:
        return queryset.filter(level=self.base_level + int(value) - 1)

    def filter_level_from(
        self, queryset: AccountQuerySet, _name: str, value: Any
    ) -> AccountQuerySet:
        return queryset.filter(level__gte=self.base_level + int(value) - 1)

    def filter_agent(self, queryset: AccountQuerySet, _name: str, value: str) -> AccountQuerySet:
        # The rows are in scope already: a foreign agent's id finds nothing, like any other.
        return queryset.filter(parent__account_id__lower=name_key(value))

    def filter_expires(self, queryset: AccountQuerySet, _name: str, value: Any) -> AccountQuerySet:
        days = int(value)
        end = self.ends.get(days) or self.now + timedelta(days)
        return queryset.filter(valid_until__gt=self.now, valid_until__lte=end)

    def filter_pattern(self, queryset: AccountQuerySet, _name: str, _v: str) -> AccountQuerySet:
        return queryset.filter(is_off_pattern=True)


LIST_VIEWS = [
    ProductView(_("Locked"), {"status": "locked"}, order=30),
    ProductView(_("Expire within 30 days"), {"expires_within": "30"}, order=40),
    ProductView(_("Closed"), {"status": "closed"}, order=50),
]

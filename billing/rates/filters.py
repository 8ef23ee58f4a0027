"""What lists of rate groups and of rates can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.numbers.reading import digits_of
from billing.rates.folding import Fold, is_alone
from billing.rates.models import DeckRow, Rate
from billing.rates.rating import MOST_DIGITS
from billing.wallets.models import RateGroup


class GroupFilter(django_filters.FilterSet):
    """By name and memo, and by whose they are."""

    q = django_filters.CharFilter(method="filter_q", label=_("Name or memo"), max_length=64)
    owner = django_filters.ChoiceFilter(
        choices=[("own", _("Own")), ("others", _("From above"))],
        method="filter_owner",
        label=_("Owner"),
        empty_label=_("All"),
    )

    class Meta:
        model = RateGroup
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        if actor.is_administrator:
            self.filters["owner"].extra["choices"] = [
                ("own", _("Platform")),
                ("others", _("Agents")),
            ]

    def filter_q(self, rows: QuerySet[RateGroup], _name: str, text: str) -> QuerySet[RateGroup]:
        return rows.filter(Q(name__icontains=text) | Q(self._own(), memo__icontains=text))

    def filter_owner(
        self, rows: QuerySet[RateGroup], _name: str, value: str
    ) -> QuerySet[RateGroup]:
        own = Q(owner=self.actor.account_pk) if self.actor.own else Q(owner__isnull=True)
        return rows.filter(own if value == "own" else ~own)

    def _own(self) -> Q:
        """Memos are their owner's."""
        return Q() if self.actor.is_administrator else Q(owner=self.actor.account_pk)


class RateFilter(django_filters.FilterSet):
    """By the beginning of the prefix or a part of the destination, by when it counts, by lock."""

    q = django_filters.CharFilter(
        method="filter_q", label=_("Prefix or destination"), max_length=100
    )
    when = django_filters.ChoiceFilter(
        choices=[
            ("now", _("In effect")),
            ("coming", _("Coming")),
            ("ended", _("Ended")),
        ],
        method="filter_when",
        label=_("When"),
        empty_label=_("Current"),
    )
    lock = django_filters.ChoiceFilter(
        choices=[("locked", _("Locked")), ("open", _("Not locked"))],
        method="filter_lock",
        label=_("Lock"),
        empty_label=_("Any"),
    )
    hours = django_filters.ChoiceFilter(
        choices=[("some", _("Hours of the day")), ("all", _("All the time"))],
        method="filter_hours",
        label=_("Hours"),
        empty_label=_("Any"),
    )

    class Meta:
        model = Rate
        fields: list[str] = []

    def filter_q(self, rows: QuerySet[Rate], _name: str, text: str) -> QuerySet[Rate]:
        if digits := digits_of(text):
            return rows.filter(beginning_with(digits))
        return rows.filter(destination__icontains=text)

    def filter_when(self, rows: Any, _name: str, value: str) -> QuerySet[Rate]:
        now = timezone.now()
        if value == "now":
            return rows.in_effect(now)
        return rows.coming(now) if value == "coming" else rows.ended(now)

    def filter_lock(self, rows: QuerySet[Rate], _name: str, value: str) -> QuerySet[Rate]:
        return rows.filter(is_locked=value == "locked")

    def filter_hours(self, rows: QuerySet[Rate], _name: str, value: str) -> QuerySet[Rate]:
        return rows.exclude(days=0) if value == "some" else rows.filter(days=0)


class DeckRowFilter(django_filters.FilterSet):
    """By what becomes of them, and by the beginning of the prefix or a part of the destination."""

    q = django_filters.CharFilter(
        method="filter_q", label=_("Prefix or destination"), max_length=100
    )
    kind = django_filters.ChoiceFilter(
        choices=DeckRow.Kind.choices, label=_("What happens"), empty_label=_("All")
    )

    class Meta:
        model = DeckRow
        fields: list[str] = []

    def filter_q(self, rows: QuerySet[DeckRow], _name: str, text: str) -> QuerySet[DeckRow]:
        if digits := digits_of(text):
            return rows.filter(beginning_with(digits))
        return rows.filter(destination__icontains=text)


def beginning_with(digits: str) -> Q:
    """Prefixes that begin with these digits, as a stretch of the index, which no database makes of
    a pattern by itself.
    """
    return Q(prefix__gte=digits, prefix__lte=digits.ljust(MOST_DIGITS, "9"))


def under(fold: Fold) -> Q:
    """The prefixes that stand under a head of a group."""
    return Q(prefix=fold.code) if is_alone(fold.code) else beginning_with(fold.code)

"""What the queue and lists of calls can be narrowed by."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.kit.object_keys import typed_number
from accounts.numbers.reading import digits_of
from accounts.portal.filters import ScopedFilter, account_filter
from accounts.portal.forms.days import DayField
from billing.calls.causes import CAUSES_OF, Outcome
from billing.calls.models import CallRecord, Leg
from billing.calls.reasons import Reason
from billing.charging.models import ReratingTotal
from billing.charging.queries.calls import (
    behind_movement,
    called_though_locked,
    charged_at_least,
    without_former,
)
from billing.charging.queries.queue import ABOVE
from billing.charging.spans import MOST_DAYS, Period, Span, span_of
from billing.charging.words import reason_words
from billing.forms import AmountField
from billing.ledger.models import Transaction
from billing.payments.queries import receipts_of


class QueueFilter(ScopedFilter):
    """By reason as the viewer may know it, by the account at which, by whose call it was, and by
    what is missing. Nothing of it looks at what the viewer may not read.
    """

    state = django_filters.ChoiceFilter(
        choices=[("written", _("Written off"))],
        method="filter_state",
        label=_("State"),
        empty_label=_("Waiting"),
    )
    reason = django_filters.ChoiceFilter(
        choices=Reason.choices,
        method="filter_reason",
        label=_("Reason"),
        empty_label=_("Any"),
    )
    part = django_filters.ChoiceFilter(
        choices=CallRecord.Part.choices, label=_("What"), empty_label=_("Calls and costs")
    )
    level = django_filters.CharFilter(
        method="filter_level",
        label=_("Waits at"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    missing = django_filters.CharFilter(
        method="filter_missing",
        label=_("What is missing begins with"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    account = account_filter()

    class Meta:
        model = CallRecord
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if actor.is_administrator:
            return
        del self.filters["state"], self.filters["part"]
        choices: list[tuple[str, Any]] = [(one.value, one.label) for one in _OWN]
        if not actor.is_top_level:
            choices.append((ABOVE, reason_words(ABOVE)))
        self.filters["reason"].extra["choices"] = choices

    def filter_state(self, rows: QuerySet[CallRecord], _name: str, _value: str) -> Any:
        # Which rows it is about is said by the list.
        return rows

    def filter_reason(self, rows: QuerySet[Any], _name: str, value: str) -> Any:
        return rows.filter(shown=value)

    def filter_level(self, rows: QuerySet[CallRecord], _name: str, text: str) -> Any:
        level = self.accounts.called(text.strip()).first()
        return rows.filter(level=level.pk) if level else rows.none()

    def filter_missing(self, rows: QuerySet[Any], _name: str, text: str) -> Any:
        return rows.filter(detail__istartswith=text.strip()).exclude(shown=ABOVE)


class ReratingTotalFilter(django_filters.FilterSet):
    """What a re-rating changes, of the accounts whose id has these letters."""

    q = django_filters.CharFilter(
        method="filter_q",
        label=_("Account ID"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = ReratingTotal
        fields: list[str] = []

    def filter_q(self, rows: QuerySet[ReratingTotal], _name: str, text: str) -> Any:
        return rows.filter(account__account_id__icontains=text.strip())


_OWN = (
    Reason.ABSURD, Reason.CLOSED, Reason.TWO_LEGS, Reason.NO_SESSION, Reason.NO_NUMBER,
    Reason.NO_GROUP, Reason.NO_RATE,
)  # fmt: skip


class AmountFilter(django_filters.Filter):
    """An amount, read as every box reads it."""

    field_class: Any = AmountField


class _DayAsked(django_filters.Filter):
    field_class: Any = DayField


class SpanForm(forms.Form):
    """The filters of calls: their days lie no further apart than a list goes."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day lies before the first one."))
        elif span_of("", since, until, timezone.now()).is_too_long:
            words = _("A list of calls covers %(days)s days at most.") % {"days": MOST_DAYS}
            self.add_error("until", words)
        return cleaned


# No number that is called has more, nor a caller's with its plus sign.
_MOST_DIGITS = 32


class CallFilter(ScopedFilter):
    """Filters of calls. The time they are about is read by the list itself (`span_asked`); nothing
    here looks at what the viewer may not read.
    """

    account_path = "account_id"

    q = django_filters.CharFilter(
        method="filter_words",
        label=_("Number or call ID"),
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    period = django_filters.ChoiceFilter(
        choices=Period.choices, method="as_it_is", label=_("Time"), empty_label=_("24 hours")
    )
    since = _DayAsked(method="as_it_is", label=_("From"))
    until = _DayAsked(method="as_it_is", label=_("Until"))
    result = django_filters.ChoiceFilter(
        choices=[*Outcome.choices, ("unanswered", _("Not answered"))],
        method="filter_result",
        label=_("Result"),
        empty_label=_("Any"),
    )
    account = account_filter()
    gateway = django_filters.CharFilter(
        method="filter_gateway",
        label=_("Gateway"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    amount_from = AmountFilter(method="filter_amount", label=_("Charged at least"))
    locked = django_filters.ChoiceFilter(
        choices=[("yes", _("Called though locked"))],
        method="filter_locked",
        label=_("Locked"),
        empty_label=_("Any"),
    )
    cause = django_filters.CharFilter(
        method="filter_cause",
        label=_("Cause"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    movement = django_filters.CharFilter(
        method="filter_movement",
        label=_("Behind the payment"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = Leg
        fields: list[str] = []
        form = SpanForm

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        if not actor.is_administrator:
            del self.filters["cause"]

    def as_it_is(self, rows: QuerySet[Leg], _name: str, _value: Any) -> QuerySet[Leg]:
        return rows

    def filter_words(self, rows: QuerySet[Leg], _name: str, text: str) -> QuerySet[Leg]:
        return matching_words(self._known(rows), text)

    def filter_result(self, rows: QuerySet[Leg], _name: str, value: str) -> QuerySet[Leg]:
        if value == Outcome.ANSWERED:
            return rows.filter(answer__isnull=False)
        unanswered = rows.filter(answer__isnull=True)
        if value == "unanswered":
            return unanswered
        if value == Outcome.FAILED:
            return unanswered.exclude(cause__in=frozenset[str]().union(*CAUSES_OF.values()))
        return unanswered.filter(cause__in=CAUSES_OF[Outcome(value)])

    def filter_gateway(self, rows: QuerySet[Leg], _name: str, text: str) -> QuerySet[Leg]:
        named = Q(gateway__iexact=text.strip())
        if self.actor.is_administrator:
            named |= Q(routing_gateway__iexact=text.strip())
        return self._known(rows).filter(named)

    def filter_cause(self, rows: QuerySet[Leg], _name: str, text: str) -> QuerySet[Leg]:
        return rows.filter(cause__iexact=text.strip())

    def filter_amount(self, rows: QuerySet[Leg], _name: str, least: Decimal) -> QuerySet[Leg]:
        return charged_at_least(self._known(rows), least)

    def filter_locked(self, rows: QuerySet[Leg], _name: str, _value: str) -> QuerySet[Leg]:
        return called_though_locked(self.actor, self._known(rows))

    def filter_movement(self, rows: QuerySet[Leg], _name: str, text: str) -> QuerySet[Leg]:
        number = typed_number(Transaction.key_kind, text)
        known = receipts_of(self.actor).filter(pk=number or 0)
        return behind_movement(rows, number) if number and known.exists() else rows.none()

    def _known(self, rows: QuerySet[Leg]) -> QuerySet[Leg]:
        return without_former(self.actor, rows)


def matching_words(legs: QuerySet[Leg], text: str) -> QuerySet[Leg]:
    """Those of these calls whose caller or number called begins with these digits, or with this
    call id.
    """
    typed = text.strip()
    digits = digits_of(typed)
    if not digits:
        return legs.filter(call_id=typed)
    begins = _beginning("number", digits) | _beginning("callee", digits)
    begins |= _beginning("caller", digits) | _beginning("caller", f"+{digits}")
    return legs.filter(begins | Q(call_id=typed))


def _beginning(name: str, digits: str) -> Q:
    """Numbers that begin with these digits: comparing is a third of the work of a pattern."""
    return Q(**{f"{name}__gte": digits, f"{name}__lte": digits.ljust(_MOST_DIGITS, "9")})


# What no index finds: then only the newest calls of the time are looked through.
UNINDEXED = frozenset({"q", "result", "gateway", "cause", "amount_from", "locked", "movement"})


def span_asked(parameters: Mapping[str, str], now: datetime) -> Span:
    """The time that an address asks for; what cannot be read in it asks for nothing."""

    def day(name: str) -> date | None:
        try:
            return DayField(required=False).clean(parameters.get(name, ""))
        except forms.ValidationError:
            return None

    return span_of(parameters.get("period", ""), day("since"), day("until"), now)

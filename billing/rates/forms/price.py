"""What is asked about a price: who calls, which number or numbers, for how long, and when."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.kit.figures import NoCount, read_count
from accounts.kit.moments import FIRST_DAY, LAST_DAY
from accounts.kit.typed import plain
from accounts.numbers.pasted import MOST_CHARACTERS, NumberLine, read_numbers
from accounts.numbers.reading import normalised
from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.forms.picker import picker_attrs
from billing.rates.figures import length_words

# No call is longer.
MOST_SECONDS = 86_400
_LONGEST = 40
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,4}):([0-5]\d)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?")
_NO_MOMENT = _("Enter a moment as year-month-day and hours:minutes, such as 2026-11-22 10:14.")


class TalkTimeField(forms.CharField):
    """How long a call lasts, in seconds: typed as minutes and seconds, or as seconds alone."""

    widget = forms.TextInput(attrs={"class": "num", "autocomplete": "off", "inputmode": "text"})
    default_error_messages = {
        "required": _("Enter a length, such as 5:37."),
        "invalid": _("Enter a length as minutes:seconds, or in seconds: 5:37 or 337."),
        "too_long": _("A call lasts 24 hours at most."),
    }

    def clean(self, value: Any) -> int:
        typed = plain(super().clean(value)).strip()
        if clock := _CLOCK.fullmatch(typed):
            hours, minutes, seconds = (int(one or 0) for one in clock.groups())
            length = (hours * 60 + minutes) * 60 + seconds
        else:
            try:
                length = read_count(typed)
            except NoCount as error:
                raise self._error("invalid") from error
        if length < 0:
            raise self._error("invalid")
        if length > MOST_SECONDS:
            raise self._error("too_long")
        return length

    def _error(self, code: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code)


class AnsweredField(forms.CharField):
    """A moment by the reader's clocks, or, where an address brings it, with the zone in it; None
    where it was left empty.
    """

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})

    def clean(self, value: Any) -> datetime | None:
        typed = plain(super().clean(value)).strip()
        return _moment_of(typed) if typed else None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the box shows again: the same moment by the clocks of who reads it."""
        try:
            moment = _moment_of(plain(str(data or "")).strip())
        except forms.ValidationError:
            return data
        return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


class _PriceForm(PortalForm):
    is_question = True

    account = forms.CharField(
        label=_("Account"),
        max_length=32,
        widget=forms.TextInput(attrs=picker_attrs()),
        error_messages={"required": _("Enter an account ID.")},
    )
    seconds = TalkTimeField(label=_("Talk time, m:ss"), max_length=_LONGEST)
    at = AnsweredField(label=_("Answered"), max_length=_LONGEST, required=False)

    target: Account | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.target = self.account_named(
            "account", _("The account must be an existing one in your scope.")
        )
        return cleaned


class PriceForm(_PriceForm):
    """What one number costs."""

    number = forms.CharField(
        label=_("Number called"),
        max_length=1000,
        strip=False,
        widget=forms.TextInput(
            attrs={
                "class": "mono",
                "inputmode": "tel",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Enter a number.")},
    )
    field_order = ("account", "number", "seconds", "at")

    def clean_number(self) -> str:
        try:
            return normalised(self.cleaned_data["number"])
        except Refused as error:
            raise forms.ValidationError(str(error.message), code=error.code) from error


class PriceListForm(_PriceForm):
    """What each number of a pasted list costs."""

    numbers = forms.CharField(
        label=_("Numbers, one on each line"),
        max_length=MOST_CHARACTERS,
        strip=False,
        help_text=_("At most 1,000 numbers, ranges too. 00, +, spaces and dashes do not matter."),
        widget=forms.Textarea(
            attrs={
                "rows": 8,
                "class": "mono",
                "inputmode": "tel",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Enter at least one number.")},
    )
    field_order = ("account", "seconds", "at", "numbers")

    lines: list[NumberLine]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "numbers" in cleaned:
            try:
                self.lines = read_numbers(cleaned["numbers"])
            except Refused as error:
                add_domain_error(self, error)
        return cleaned


def first_values(own: str, asked: str) -> dict[str, Any]:
    """What stands in the boxes of who has asked nothing yet: a minute, now."""
    return {
        "account": asked or own,
        "seconds": length_words(60),
    }


def read_moment(text: str) -> datetime:
    """A moment as ISO 8601 has it; without a zone it is one of the current zone. Raises
    ValidationError.
    """
    return _moment_of(plain(text).strip())


def _moment_of(text: str) -> datetime:
    if not _MOMENT.fullmatch(text):
        raise forms.ValidationError(_NO_MOMENT, code="invalid")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise forms.ValidationError(_NO_MOMENT, code="invalid") from error
    if not FIRST_DAY <= moment.date() <= LAST_DAY:
        raise forms.ValidationError(_("Enter a day from 2000 to 2099."), code="range")
    if timezone.is_aware(moment):
        return moment
    return moment.replace(tzinfo=timezone.get_current_timezone())

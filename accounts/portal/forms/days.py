"""Days and moments as people pick or type them."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kit.legible import is_enterable
from accounts.kit.moments import FIRST_DAY, LAST_DAY

_WRITTEN = "%Y-%m-%dT%H:%M"
_READ = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")


class DayField(forms.DateField):
    """A day of this century, picked or typed; what it belongs to says in whose time zone."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_error_messages = {
        "required": _("Enter a day."),
        "invalid": _("Enter a day as year-month-day, for example 2027-03-31."),
        "range": _("Enter a day from 2000 to 2099."),
    }

    def clean(self, value: Any) -> date | None:
        day = super().clean(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise forms.ValidationError(self.error_messages["range"], code="range")
        return day


class MomentField(forms.CharField):
    """A moment to the minute by the clocks of `zone`, picked or typed; a moment in UTC, or None
    where it was left empty.
    """

    widget = forms.DateTimeInput(format=_WRITTEN, attrs={"type": "datetime-local"})
    default_error_messages = {
        "required": _("Enter a moment."),
        "invalid": _("Enter a moment as 2027-03-31 00:00."),
        "range": _("Enter a day from 2000 to 2099."),
        "gap": _("The clocks of %(zone)s go past this time that day: choose another."),
    }

    def __init__(self, *, zone: ZoneInfo, **more: Any) -> None:
        super().__init__(**more)
        self.zone = zone

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        local = self._read(text)
        moment = local.astimezone(UTC)
        if not is_enterable(moment):
            raise forms.ValidationError(self.error_messages["range"], code="range")
        # What no clock shows that day would be told otherwise than it was entered.
        if moment.astimezone(self.zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            words = self.error_messages["gap"] % {"zone": self.zone}
            raise forms.ValidationError(words, code="gap")
        return moment

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return timezone.localtime(value, self.zone).strftime(_WRITTEN)
        return value

    def _read(self, text: str) -> datetime:
        for pattern in _READ:
            try:
                return datetime.strptime(text, pattern).replace(tzinfo=self.zone)
            except (ValueError, OverflowError):
                continue
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")

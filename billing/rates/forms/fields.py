"""Moments, prices and periods as people enter them for rates."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.errors import Refused
from accounts.kit.legible import is_enterable
from billing.rates.periods import Period, read_period

_WRITTEN = "%Y-%m-%dT%H:%M"
_READ = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")


class MomentField(forms.CharField):
    """A moment to the minute by the clocks of `zone`, picked or typed; a moment in UTC, or None
    where it was left empty.
    """

    widget = forms.DateTimeInput(format=_WRITTEN, attrs={"type": "datetime-local"})
    default_error_messages = {
        "required": gettext_lazy("Enter a moment."),
        "invalid": gettext_lazy("Enter a moment as 2027-03-31 00:00."),
        "range": gettext_lazy("Enter a day from 2000 to 2099."),
        "gap": gettext_lazy("The clocks of %(zone)s go past this time that day: choose another."),
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


class PeriodField(forms.CharField):
    """Weekdays and hours; None where it was left empty: all the time."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"})

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=60, required=False, **more)

    def clean(self, value: Any) -> Period | None:
        try:
            return read_period(super().clean(value))
        except Refused as error:
            raise forms.ValidationError(str(error.message), code=error.code) from error

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, Period) else value


class BlockField(forms.CharField):
    """First block and increment in seconds, as "60/60"; a pair of whole numbers."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "class": "num mono"})
    default_error_messages = {
        "required": gettext_lazy("Enter a block, such as 60/60."),
        "invalid": gettext_lazy("Write first block and increment in seconds, such as 30/6."),
    }

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=20, **more)

    def clean(self, value: Any) -> tuple[int, int]:
        text = super().clean(value)
        first, slash, step = text.replace(" ", "").partition("/")
        parts = (first, step if slash else first)
        if not all(one.isascii() and one.isdigit() and len(one) <= 6 for one in parts):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return int(parts[0]), int(parts[1])

    def prepare_value(self, value: Any) -> Any:
        return f"{value[0]}/{value[1]}" if isinstance(value, tuple) else value


def period_hint(zone: str) -> str:
    """What stands under a box for a period."""
    return _("Such as “mon-fri 08:00-20:00”, by the clocks of %(zone)s. Empty: all the time.") % {
        "zone": zone
    }

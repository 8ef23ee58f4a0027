"""Periods and blocks as people enter them for rates."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.errors import Refused
from billing.rates.periods import Period, read_period


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

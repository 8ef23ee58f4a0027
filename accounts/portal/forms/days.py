"""Days as people pick or type them."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kit.moments import FIRST_DAY, LAST_DAY


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

"""Whole numbers as people type them: cards, calls at a time, ports."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kit.figures import NoCount, read_count

_LONGEST = 60


class CountField(forms.IntegerField):
    """A whole number, grouped or not; None where it was left empty. Django's own field would take
    "1_000" and "1 2" for numbers, and refuse "1 000".
    """

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "num"})
    default_error_messages = {
        "required": _("Enter a number."),
        "invalid": _("Enter a whole number, such as 5000."),
    }

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, int):
            return value
        text = "" if value in self.empty_values else str(value)
        if not text.strip():
            return None
        if len(text) > _LONGEST:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return read_count(text)
        except NoCount as error:
            words = self.error_messages["invalid"] if error.code == "invalid" else error.message
            raise forms.ValidationError(words, code=error.code) from error

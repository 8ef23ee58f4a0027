"""Boxes for e-mail addresses."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kit.mail_addresses import mail_address


class MailField(forms.EmailField):
    """One e-mail address, as mail programs copy it as well: with the name, or "mailto:"."""

    def __init__(self, **more: Any) -> None:
        words = {"invalid": _("Enter one e-mail address such as name@example.com.")}
        super().__init__(**{"error_messages": words, **more})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return mail_address(text) if text else ""

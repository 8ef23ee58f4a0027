"""What the forms of billing have in common: amounts as people type them, reasons that both
sides read, and keys against paying twice.
"""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts.portal.forms.base import ReasonForm
from billing.errors import BadAmount
from billing.money import parse_amount, parse_signed, plain


class AmountField(forms.CharField):
    """An amount as people type it; a Decimal, or None where it was left empty."""

    widget = forms.TextInput(
        attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"},
    )
    default_error_messages = {"required": _("Enter an amount.")}

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount(text)
        except BadAmount as error:
            raise forms.ValidationError(str(error.message), code=error.code) from error

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class SignedAmountField(AmountField):
    """As `AmountField`, with a minus sign permitted: balances and thresholds."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "class": "num"})

    def clean(self, value: Any) -> Decimal | None:
        text = forms.CharField.clean(self, value)
        if not text:
            return None
        try:
            return parse_signed(text)
        except BadAmount as error:
            raise forms.ValidationError(str(error.message), code=error.code) from error


class MemoReasonForm(ReasonForm):
    """A reason that is posted as the memo, as well as kept in the audit log."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        assert isinstance(reason, forms.CharField)
        reason.max_length = 200
        reason.validators = [MaxLengthValidator(200)]
        reason.widget.attrs["maxlength"] = "200"
        reason.help_text = _("Both sides can read it, and the audit log keeps it.")


def new_key() -> str:
    """A key that was never used."""
    return str(uuid4())

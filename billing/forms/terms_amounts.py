"""Amounts with a sign, as people type them."""

from decimal import Decimal
from typing import Any

from django import forms

from billing.errors import BadAmount
from billing.money import parse_signed
from billing.payments.forms import AmountField


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

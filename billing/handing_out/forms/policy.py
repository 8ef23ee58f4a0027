"""What administrators rule for the payments of an account and of everything below it."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.portal.forms.base import PortalForm
from billing.forms import AmountField
from billing.money import plain
from billing.wallets.models import Funding


class PaymentPolicyForm(PortalForm):
    """One level of that policy."""

    funding = forms.ChoiceField(
        label=_("Handing out money"),
        required=False,
        choices=[
            ("", _("Inherit")),
            (Funding.RECORD.value, _("Record: agents collect outside and hand out what they like")),
            (Funding.COVERED.value, _("Covered: agents hand out at most what they have")),
        ],
        widget=forms.RadioSelect,
    )
    per_payment = AmountField(
        label=_("Largest payment"), required=False, help_text=_("Empty: no limit of its own.")
    )
    per_day = AmountField(
        label=_("Payments per day"),
        required=False,
        help_text=_("Of all logins of the account and below it together. Empty: no limit."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("Kept in the audit log."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def policy(self) -> dict[str, Any]:
        """The values of a valid form, as `payment_policy_set` takes them."""
        return {name: self.cleaned_data[name] for name in ("funding", "per_payment", "per_day")}

    def sent(self) -> list[tuple[str, str]]:
        """The fields of a valid form as they are sent again with the confirmation."""
        shown = {
            name: plain(value) if isinstance(value, Decimal) else value or ""
            for name, value in self.cleaned_data.items()
        }
        return [(name, shown[name]) for name in self.fields]

"""A call that is tried: who calls, and what is dialled."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kit.errors import NotInScope
from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.forms.picker import picker_attrs
from vosportal.switch.checking import caller_reached
from vosportal.switch.queries.callers import Caller

_BOX = {"autocomplete": "off", "spellcheck": "false", "class": "mono"}
_UNKNOWN = _("The account must be an existing one in your scope.")
_NOBODY = _("There is no such phone, gateway or address there, in your scope.")
_PIN = _(
    "Leave the PIN out: what is asked here stands in the address of the page. Behind an access"
    " number or a callback trigger a number can be named, with one star between them."
)


class TryCallForm(PortalForm):
    """Who calls is known by an account, or by the phone, gateway or address a call comes in by.
    What lies outside the scope is as unknown as what does not exist.
    """

    is_question = True

    account = forms.CharField(
        label=_("Account"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs=picker_attrs()),
    )
    via = forms.CharField(
        label=_("Phone, gateway or address"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs=_BOX),
    )
    number = forms.CharField(
        label=_("Dials"),
        max_length=64,
        widget=forms.TextInput(attrs={**_BOX, "inputmode": "tel"}),
        error_messages={"required": _("Enter a number.")},
    )
    shown = forms.CharField(
        label=_("Shows as caller"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={**_BOX, "inputmode": "tel"}),
    )

    caller: Caller | None = None

    def clean_number(self) -> str:
        """An access number asks for a PIN, which is asked about by nobody's address of a page."""
        number: str = self.cleaned_data["number"]
        if number.count("*") > 1:
            raise forms.ValidationError(_PIN, code="no_pin_here")
        return number

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        account = self.account_named("account", _UNKNOWN)
        if "account" in self.errors or "via" in self.errors:
            return cleaned
        if via := cleaned.get("via"):
            self._come_in_by(via, account)
        elif account is None:
            self.add_error("account", _("Name an account, or what the call comes in by."))
        else:
            self.caller = Caller(account.pk)
        return cleaned

    def _come_in_by(self, via: str, account: Any) -> None:
        caller = caller_reached(self.actor, via)
        if caller is None or (account is not None and account.pk != caller.account):
            add_domain_error(self, NotInScope(_NOBODY, field="via"))
            return
        self.caller = caller

"""A new customer in three fields."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.portal.forms.base import PortalForm
from accounts.tree.forms.account import prefix_below, suggested_id

_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class CustomerNewForm(PortalForm):
    """Its name, its Account ID (suggested from the name) and the number of its first phone, for who
    may add phones.
    """

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("Shop or person."),
        error_messages={"required": _("Enter the name of the customer.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    account_id = forms.CharField(
        label=_("Account ID"),
        max_length=32,
        required=False,
        help_text=_("Cannot change later. Empty: made from the name."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    number = forms.CharField(
        label=_("Phone number"),
        max_length=64,
        required=False,
        help_text=_("With the country code. Its password and QR code come next. Empty: no phone."),
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "tel", "class": "mono"}),
    )

    def __init__(self, *args: Any, actor: Actor, agent: Account | None, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.agent = agent
        self.fields["account_id"].widget.attrs["data-id-prefix"] = prefix_below(agent)
        if not allows(actor, Authorization.MANAGE_PHONE, agent):
            self.withhold("number", why=_("You add no phones."))

    def clean(self) -> dict[str, Any]:
        clean: dict[str, Any] = super().clean() or self.cleaned_data
        if not clean.get("account_id") and clean.get("name"):
            clean["account_id"] = suggested_id(self.agent, clean["name"])
            if not clean["account_id"]:
                self.add_error("account_id", _("Enter an Account ID."))
        return clean

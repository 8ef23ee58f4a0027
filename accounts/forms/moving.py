"""Forms to change the Agent ID of accounts."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.forms.base import PortalForm, ReasonForm
from accounts.models import Account


class TargetForm(PortalForm):
    """Where accounts go. `target` is the account named, None for the top level."""

    parent = forms.CharField(label=_("New Agent ID"), max_length=32, required=False)

    def __init__(
        self, *args: Any, actor: Actor, account: Account, is_branch: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.target: Account | None = None
        purpose = "children" if is_branch else "move"
        query = urlencode({"for": purpose, "account": account.account_id})
        field = self.fields["parent"]
        field.widget.attrs |= {
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "none",
            "data-picker": "",
            "data-src": f"{reverse('accounts:picker')}?{query}",
        }
        if actor.is_administrator:
            field.help_text = _("Type an ID or a name. Empty means top level.")
            field.widget.attrs["data-clearable"] = ""
        else:
            field.help_text = _("Type an ID or a name.")
            field.required = True
            field.error_messages["required"] = _("Enter the new Agent ID.")

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.target = self.account_named("parent")
        return clean


class MoveForm(ReasonForm):
    """The confirmation of a move whose effects were shown."""

    parent = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target: Account | None = None

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.target = self.account_named("parent")
        return clean

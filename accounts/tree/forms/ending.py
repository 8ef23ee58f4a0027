"""Forms that stop or end an account."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.models import Account
from accounts.kit.text import name_key
from accounts.portal.forms.base import ReasonForm
from accounts.portal.forms.mass import MassForm


class LockForm(MassForm):
    """Locking an account stops everything below it as well."""


class UnlockForm(MassForm):
    """Unlocking a few needs no reason."""

    needs_reason = False


class CloseForm(ReasonForm):
    """Closing cannot be undone: besides the reason, the Account ID is typed."""

    typed = forms.CharField(
        label=gettext_lazy("Account ID"),
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
        error_messages={"required": gettext_lazy("Type the Account ID to confirm.")},
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["typed"].help_text = _(
            "Closing cannot be undone. Type %(account)s to confirm."
        ) % {"account": account.account_id}

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if name_key(typed) != name_key(self.account.account_id):
            raise forms.ValidationError(
                _("This is not %(account)s.") % {"account": self.account.account_id}
            )
        return typed

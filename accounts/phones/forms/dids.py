"""What DIDs are for. It asks for the right shape; `services.uses` decides."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.phones.models import Phone, PhoneNumber
from accounts.portal.forms.base import PortalForm

_NUMBER = {"autocomplete": "off", "spellcheck": "false", "inputmode": "tel"}


class DidUsesForm(PortalForm):
    """What each DID of a phone is for."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)

    def __init__(self, *args: Any, phone: Phone, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dids = [one for one in phone.numbers.all() if one.is_did]
        self.initial["version"] = phone.version
        for one in self.dids:
            self.fields[f"use_{one.number}"] = forms.ChoiceField(
                label=gettext_lazy("A call of it"), choices=PhoneNumber.Use.choices,
                required=False, initial=one.use,
            )  # fmt: skip
            self.fields[f"connects_{one.number}"] = forms.CharField(
                label=gettext_lazy("Connects with"), max_length=64, required=False,
                initial=one.connects_to, widget=forms.TextInput(attrs=_NUMBER),
                help_text=gettext_lazy(
                    "Of a callback trigger: the number that callers get who name no other."
                ),
            )  # fmt: skip

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """(DID, its use, whom it connects with)."""
        return [
            (one.number, self[f"use_{one.number}"], self[f"connects_{one.number}"])
            for one in self.dids
        ]

    def uses(self) -> dict[str, tuple[str, str]]:
        """As `dids_used` takes them; of a valid form."""
        clean = self.cleaned_data
        return {
            one.number: (clean[f"use_{one.number}"], clean[f"connects_{one.number}"])
            for one in self.dids
        }

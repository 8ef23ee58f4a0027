"""Asking for an authorization, and answering."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.authorizations import Authorization, Codes, in_order
from accounts.portal.forms.base import PortalForm


class AskForm(PortalForm):
    """`offered` are the authorizations that can be asked for."""

    code = forms.ChoiceField(
        label=_("Authorization"),
        error_messages={"required": _("Choose what you ask for.")},
    )
    reason = forms.CharField(
        label=_("What do you need it for?"),
        max_length=500,
        help_text=_("Whoever decides reads it; it is kept with the grant."),
        widget=forms.Textarea(attrs={"rows": "2", "autocomplete": "off"}),
        error_messages={"required": _("Say what you need it for.")},
    )

    def __init__(self, *args: Any, offered: Codes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["code"]
        field.choices = [
            ("", _("Choose…")),
            *((one.value, f"{one.number} {one.label}") for one in in_order(offered)),
        ]

    def asked(self) -> Authorization:
        return Authorization(self.cleaned_data["code"])


class AnswerForm(PortalForm):
    """What is said with the decision; `deed` is "grant", "refuse" or "withdraw"."""

    deed = forms.CharField(max_length=10, widget=forms.HiddenInput)
    answer = forms.CharField(
        label=_("Answer"),
        max_length=500,
        required=False,
        help_text=_("Both sides see it."),
        widget=forms.Textarea(attrs={"rows": "2", "autocomplete": "off"}),
        error_messages={"required": _("Say why: both sides see it.")},
    )

    def __init__(self, *args: Any, deed: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"deed": deed}, **kwargs)
        self.verdict = deed
        if deed == "withdraw":
            del self.fields["answer"]
        else:
            self.fields["answer"].required = deed == "refuse"

"""The forms of the review page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.authorizations import Authorization, Risk
from accounts.portal.forms.base import PortalForm


class ReviewFilterForm(PortalForm):
    """What is listed: one authorization, one risk, one agent with everything below it."""

    is_question = True

    code = forms.ChoiceField(
        label=_("Authorization"),
        required=False,
        choices=lambda: [("", _("All"))] + [(one.value, one.label) for one in Authorization],
    )
    risk = forms.ChoiceField(
        label=_("Risk"),
        required=False,
        choices=[("", _("All")), (Risk.HIGH, _("High")), (Risk.MEDIUM, _("Medium"))],
    )
    agent = forms.CharField(
        label=_("Account and below"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.branch = self.account_named("agent") if "agent" in self.cleaned_data else None
        return cleaned


class ReviewDecisionForm(PortalForm):
    """Keep or revoke, with a note; revoking needs one."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        help_text=_("Kept with the grants, and in the audit log."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, must_explain: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = must_explain
        self.fields["note"].error_messages["required"] = _("Say why they are revoked.")

"""The forms of the review page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.forms.authorizations import TakingForm
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


class KeepForm(PortalForm):
    """Keeps grants as they are, with a note."""

    note = forms.CharField(required=False, max_length=500)


class RevokeForm(TakingForm):
    """Confirms that what was chosen is revoked, with everything below it; says why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages["required"] = _("Say why they are revoked.")

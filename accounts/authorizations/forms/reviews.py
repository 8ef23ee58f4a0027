"""The forms of the review page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.forms.authorizations import TakingForm
from accounts.portal.forms.base import PortalForm


class KeepForm(PortalForm):
    """Keeps grants as they are, with a note."""

    note = forms.CharField(required=False, max_length=500)


class RevokeForm(TakingForm):
    """Confirms that what was chosen is revoked, with everything below it; says why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages["required"] = _("Say why they are revoked.")

"""Handing in a file of call records."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kit.errors import Refused
from accounts.portal.forms.base import PortalForm
from billing.calls.models import MOST_SOURCE
from billing.calls.services.files import SOURCE, check_source


class RecordFileForm(PortalForm):
    """A file, who brings it, and what its numbers are."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        error_messages={"required": _("Choose a file.")},
        help_text=_("CSV, as it is or packed with gzip."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.gz,text/csv,application/gzip"}),
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=MOST_SOURCE,
        initial=SOURCE,
        help_text=_("The switch it comes from. A call ID is known once for each source."),
        error_messages={"required": _("Name the source.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    is_rewritten = forms.BooleanField(
        label=_("Its numbers are rewritten"),
        required=False,
        help_text=_("The numbers called are as they went out: no rule of a gateway is applied."),
    )

    def clean_source(self) -> str:
        try:
            return check_source(self.cleaned_data["source"])
        except Refused as error:
            raise forms.ValidationError(str(error.message), code=error.code) from error

    def values(self) -> dict[str, Any]:
        """Of a valid form, as the service takes them."""
        file = self.cleaned_data["file"]
        return {
            "file": file,
            "file_name": file.name,
            "source": self.cleaned_data["source"],
            "is_rewritten": self.cleaned_data["is_rewritten"],
        }

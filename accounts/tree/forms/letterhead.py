"""The logo of a letterhead."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.kit.pictures import MOST_BYTES
from accounts.portal.forms.base import PortalForm


class LogoForm(PortalForm):
    """A picture; `picture` is what its file held. Whether it is one the service finds out."""

    logo = forms.FileField(
        label=_("Logo"),
        error_messages={"required": _("Choose a picture.")},
        help_text=_("PNG, JPEG or WebP, 1 MB at most. It is printed 16 mm high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )

    picture = b""

    def clean_logo(self) -> Any:
        file: UploadedFile = self.cleaned_data["logo"]
        # Of what is larger no more is read than shows it.
        self.picture = file.read(MOST_BYTES + 1)
        return file

"""Forms of switches. They ask for the shape; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.portal.forms.base import PortalForm

_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class SwitchForm(PortalForm):
    """From where a switch may call, and what it is."""

    addresses = forms.CharField(
        label=_("IP addresses and networks"),
        max_length=2000,
        help_text=_("Its own, one a line: 203.0.113.22, or a network such as 203.0.113.16/28."),
        error_messages={"required": _("Name at least one address the switch calls from.")},
        widget=forms.Textarea(attrs={"rows": "3", "class": "mono", **_PLAIN}),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def values(self) -> dict[str, Any]:
        """Of a valid form, as the services take them."""
        clean = self.cleaned_data
        return {"addresses": clean["addresses"].splitlines(), "note": clean["note"]}


class SwitchNewForm(SwitchForm):
    """A new one, with its name."""

    name = forms.CharField(
        label=_("Name"),
        max_length=32,
        help_text=_("Its call records name it so. It stays for good."),
        error_messages={"required": _("Give the switch a name.")},
        widget=forms.TextInput(attrs=_PLAIN),
    )
    field_order = ("name", "addresses", "note")

    def values(self) -> dict[str, Any]:
        return {**super().values(), "name": self.cleaned_data["name"]}


class SwitchEditForm(SwitchForm):
    """One that there is; `version` is the one the person saw."""

    is_locked = forms.BooleanField(
        label=_("Locked"),
        required=False,
        help_text=_("A locked switch is answered nothing: it gets no calls and hands in none."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def values(self) -> dict[str, Any]:
        clean = self.cleaned_data
        more = {"is_locked": clean["is_locked"], "expected_version": clean["version"]}
        return {**super().values(), **more}


class KeyForm(PortalForm):
    """Whether a switch gets another key; `version` is the one the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

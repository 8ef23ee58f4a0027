"""A view of a list, as a person saves it."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.logins.services.saved_views import LONGEST_NAME
from accounts.portal.forms.base import PortalForm
from accounts.portal.lists.state import PASSING, asked_in


class ViewForm(PortalForm):
    """A name, and what the list is asked for: the end of its address."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        error_messages={"required": _("Give the view a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    asks = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)

    def asked(self) -> dict[str, str]:
        """What the list is asked for, by name."""
        asked = asked_in(QueryDict(self.cleaned_data["asks"]))
        return {name: value for name, value in asked if value and name not in PASSING}

"""Finding the rate of a number in a group."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal.forms.days import MomentField
from billing.wallets.models import RateGroup


class FindForm(forms.Form):
    """A number, and a moment by the clocks of the group's zone; it is asked for in the address."""

    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=40,
        error_messages={"required": gettext_lazy("Enter a number.")},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "class": "mono"}),
    )

    def __init__(self, data: Any, *, group: RateGroup) -> None:
        super().__init__(data, auto_id="find_%s")
        self.fields["at"] = MomentField(
            label=_("At, %(zone)s") % {"zone": group.time_zone}, zone=group.zone, required=False
        )

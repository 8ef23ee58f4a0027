"""Choosing two rate groups to compare."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.kit.object_keys import object_number
from accounts.portal.forms.counts import CountField
from billing.wallets.models import RateGroup

# How long a call is where nobody says it.
SECONDS = 180


class CompareForm(forms.Form):
    """What is sold at, what is bought at, and how long the calls are; asked in the address."""

    sell = forms.ChoiceField(label=_("Sell at"))
    buy = forms.ChoiceField(label=_("Buy at"))
    seconds = CountField(
        label=_("Seconds of a call"), min_value=1, max_value=86_400, initial=SECONDS, required=False
    )
    q = forms.CharField(
        label=_("Prefix or destination"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, groups: QuerySet[RateGroup], initial: Any) -> None:
        super().__init__(data, initial=initial, auto_id="compare_%s")
        self.groups = {one.pk: one for one in groups}
        choices = [("", "–"), *((one.key, one.name) for one in self.groups.values())]
        for name in ("sell", "buy"):
            field: Any = self.fields[name]
            field.choices = choices

    def chosen(self, name: str) -> RateGroup:
        """A group of a valid form."""
        number = object_number(RateGroup.key_kind, self.cleaned_data[name])
        return self.groups[number or 0]

    def length(self) -> int:
        """How long the calls of a valid form are."""
        return self.cleaned_data["seconds"] or SECONDS

"""What is said with a decision about a sub-agent request."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authorizations.forms.fields import grant_label
from accounts.core.authorizations import Authorization, Codes, in_order
from accounts.portal.forms.base import PortalForm


class DecisionForm(PortalForm):
    """What is said with a decision about a request. `deed` is "approve", "fewer", "reject" or
    "withdraw"; only "fewer" chooses among what was asked for.
    """

    deed = forms.CharField(max_length=10, widget=forms.HiddenInput)
    codes = forms.MultipleChoiceField(
        label=gettext_lazy("Authorizations to grant"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Both sides see it; it is mailed to who asked."),
        error_messages={"required": gettext_lazy("Say why: both sides see it.")},
        widget=forms.Textarea(attrs={"rows": "2", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, deed: str, asked: Codes, **kwargs: Any) -> None:
        super().__init__(*args, initial={"deed": deed, "codes": sorted(asked)}, **kwargs)
        self.verdict = deed
        if deed == "fewer":
            field: Any = self.fields["codes"]
            field.choices = [(one.value, grant_label(one)) for one in in_order(asked)]
        else:
            self.withhold("codes", why=_("Choose “fewer” to grant another set than was asked for."))
        if deed == "withdraw":
            del self.fields["reason"]
        elif deed == "reject":
            self.fields["reason"].required = True

    def chosen(self) -> Codes | None:
        """What shall be granted; None: as asked."""
        if self.verdict != "fewer":
            return None
        return frozenset(Authorization(one) for one in self.cleaned_data["codes"])

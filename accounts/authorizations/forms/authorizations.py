"""Forms about authorizations: the eight boxes, the confirmation, templates, the policy."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.authorizations import Authorization, Codes, codes_from, in_order
from accounts.core.models import AuthorizationTemplate, SubAgentPolicy
from accounts.kit.proof import Gain
from accounts.portal.forms.base import PortalForm, ReasonForm
from accounts.portal.forms.mass import MASS, MassForm
from accounts.portal.forms.whole import WholeForm


class BoxesForm(PortalForm):
    """The eight boxes, named by their codes. `expected` is what the person saw as granted (None: it
    was not sent), `template` the key of the template chosen and `template_version` its version.
    """

    # A link may leave out what was seen: then nothing is saved, the review is shown.
    sometimes = ("expected", "template", "template_version")

    expected = forms.CharField(max_length=300, required=False, widget=forms.HiddenInput)
    template = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    template_version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code in Authorization:
            self.fields[code.value] = forms.BooleanField(label=code.label, required=False)

    def codes(self) -> Codes:
        """What was ticked."""
        return frozenset(code for code in Authorization if self.cleaned_data.get(code.value))

    def seen(self) -> Codes | None:
        """What the person saw as granted, None when that was not sent."""
        if "expected" not in self.data:
            return None
        return codes_from(self.cleaned_data.get("expected", "").split())

    def add_refused(self, lacking: dict[Authorization, str]) -> None:
        """Put the sentence beside each box that cannot be granted. The box stays ticked."""
        ticked = self.codes()
        for code in in_order(lacking):
            self.add_error(code.value, lacking[code])
        self.cleaned_data |= {code.value: True for code in ticked}


class AskedBoxesForm(BoxesForm):
    """The same boxes in an address, which changes nothing."""

    is_question = True


class TakingForm(MassForm):
    """Confirms a deed that takes authorizations from `accounts`, and at the same moment from
    `below` further ones below them: where those lose something, or where they are more than MASS,
    it takes a fresh proof.
    """

    def __init__(self, *args: Any, accounts: int, below: int, **kwargs: Any) -> None:
        is_asked = below > 0 or accounts > MASS
        super().__init__(*args, affected=accounts + below if is_asked else 0, **kwargs)

    @property
    def gain(self) -> Gain | None:
        """What the page asks a proof for."""
        return Gain.MASS if self.affected else None


class ReviewForm(TakingForm):
    """Confirms the changes that were shown; the reason is required where the service demands it."""

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        self.needs_reason = needs_reason
        super().__init__(*args, **kwargs)


class RestoreForm(MassForm):
    """Confirms that what a batch took is given back."""


class TemplateForm(PortalForm):
    """A named set of authorizations. `version` is what the person saw."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        error_messages={"required": gettext_lazy("Enter a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=AuthorizationTemplate.Kind.choices,
        initial=AuthorizationTemplate.Kind.TEMPLATE,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "A template describes a line of business, a tier how far somebody got in it."
        ),
    )
    codes = forms.MultipleChoiceField(
        label=gettext_lazy("Authorizations"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one authorization.")},
    )
    note = forms.CharField(
        label=gettext_lazy("When to use it"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["codes"]
        field.choices = [(one.value, f"{one.number} {one.label}") for one in Authorization]

    def chosen(self) -> Codes:
        return codes_from(self.cleaned_data["codes"])


class VersionForm(WholeForm, forms.Form):
    """Which version of something a person looked at."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class PolicyForm(ReasonForm):
    """What happens when somebody below would make an account an agent."""

    sub_agents = forms.ChoiceField(
        label=gettext_lazy("Policy of this account"), required=False, widget=forms.RadioSelect
    )
    field_order = ("sub_agents", "reason")

    def __init__(self, *args: Any, inherited: SubAgentPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["sub_agents"]
        inherits = _("Inherit: %(policy)s") % {"policy": inherited.label}
        field.choices = [("", inherits), *SubAgentPolicy.choices]

    def chosen(self) -> SubAgentPolicy | None:
        value = self.cleaned_data["sub_agents"]
        return SubAgentPolicy(value) if value else None

"""What administrators rule about the carriers of an account and of everything below it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.portal.forms.base import ReasonForm
from billing.carriers.models import CarrierEntry, CarrierPolicy

_CARRIER, _GATEWAY = "carrier", "gateway"


class CarrierPolicyForm(ReasonForm):
    """One level of these rules. `version` is the one the person saw, 0 where there was none."""

    uses = forms.ChoiceField(
        label=_("Carriers"),
        required=False,
        choices=[
            ("", _("Inherit: the nearest level above that says something counts")),
            (CarrierPolicy.Uses.BOUND, _("Bound to: only those ticked below")),
            (CarrierPolicy.Uses.KEPT, _("Kept from: all but those ticked below")),
        ],
        widget=forms.RadioSelect,
    )
    named = forms.MultipleChoiceField(
        label=_("Carriers and gateways"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A carrier means all of its gateways, those to come included."),
        error_messages={"invalid_choice": _("There is no such carrier.")},
    )
    guard = forms.ChoiceField(
        label=_("Profit guard"),
        required=False,
        choices=[
            ("", _("Inherit")),
            (CarrierPolicy.Guard.ON, _("On: no route that costs more than the top level pays")),
            (CarrierPolicy.Guard.OFF, _("Off: every route, also at a loss")),
        ],
        widget=forms.RadioSelect,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    field_order = ("uses", "named", "guard", "reason")

    def __init__(
        self, *args: Any, carriers: Mapping[Account, Sequence[Gateway]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._known: dict[str, Account | Gateway] = {}
        choices = []
        for carrier, gateways in carriers.items():
            self._known[f"{_CARRIER}:{carrier.account_id}"] = carrier
            choices.append((f"{_CARRIER}:{carrier.account_id}", carrier.account_id))
            for one in gateways:
                self._known[f"{_GATEWAY}:{one.name}"] = one
                choices.append((f"{_GATEWAY}:{one.name}", f"{carrier.account_id}, {one.name}"))
        self.fields["named"].choices = choices  # type: ignore[attr-defined]

    def policy(self) -> dict[str, Any]:
        """The values of a valid form, as `carrier_policy_set` takes them."""
        named = [self._known[one] for one in self.cleaned_data["named"]]
        return {
            "uses": self.cleaned_data["uses"],
            "guard": self.cleaned_data["guard"],
            "carriers": [one for one in named if isinstance(one, Account)],
            "gateways": [one for one in named if isinstance(one, Gateway)],
        }

    def sent(self) -> list[tuple[str, str]]:
        """The fields of a valid form as they are sent again with the confirmation."""
        clean = self.cleaned_data
        rest = [(name, str(clean[name])) for name in ("uses", "guard", "reason", "version")]
        return [*rest, *(("named", one) for one in clean["named"]), *self.marks()]


def policy_initial(policy: CarrierPolicy | None, entries: Sequence[CarrierEntry]) -> dict[str, Any]:
    """What is ruled, as the form shows it."""
    named = [f"{_CARRIER}:{one.carrier.account_id}" for one in entries if one.carrier]
    named += [f"{_GATEWAY}:{one.gateway.name}" for one in entries if one.gateway]
    return {
        "uses": policy.uses if policy else "",
        "guard": policy.guard if policy else "",
        "named": named,
        "version": policy.version if policy else 0,
    }

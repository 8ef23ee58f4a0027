"""Forms of rates: one that begins or changes, its end, what happens to many, corrections."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.numbers.digits import NotANumber
from accounts.numbers.reading import normalised
from accounts.portal.forms.base import PortalForm, ReasonForm
from accounts.portal.forms.days import MomentField
from billing.forms import AmountField
from billing.rates.drafts import RateDraft
from billing.rates.forms.fields import BlockField, PeriodField, period_hint
from billing.rates.forms.groups import MarkUpFields
from billing.rates.models import Rate
from billing.rates.services.many import Deed
from billing.wallets.models import RateGroup

_CODE = {"autocomplete": "off", "spellcheck": "false", "inputmode": "numeric", "class": "mono"}


class PrefixField(forms.CharField):
    """What numbers begin with, written as numbers are: +880, 00880 and 880 are the same."""

    default_error_messages = {"required": gettext_lazy("Enter a prefix.")}

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Prefix"),
            max_length=40,
            help_text=gettext_lazy(
                "The digits that numbers begin with; a + or 00 before them is cut."
            ),
            widget=forms.TextInput(attrs=_CODE),
        )

    def clean(self, value: Any) -> str:
        try:
            return normalised(super().clean(value))
        except NotANumber as error:
            raise forms.ValidationError(str(error.message), code=error.code) from error


class RateForm(PortalForm):
    """A rate of a group. `rate`: the one that changes; its prefix stays."""

    destination = forms.CharField(
        label=gettext_lazy("Destination"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    price = AmountField(
        label=format_lazy(gettext_lazy("Price per minute, {}"), settings.CURRENCY),
        error_messages={"required": gettext_lazy("Enter a price; 0 is free.")},
    )
    connection_fee = AmountField(label=gettext_lazy("Connection fee"), required=False)
    block = BlockField(
        label=gettext_lazy("Block"),
        help_text=gettext_lazy("Seconds billed at least, then in steps of: 60/60, 1/1, 30/6."),
    )
    period = PeriodField(label=gettext_lazy("Hours"))
    is_locked = forms.BooleanField(
        label=gettext_lazy("Locked"),
        required=False,
        help_text=gettext_lazy("May not be called."),
    )

    def __init__(
        self, *args: Any, group: RateGroup, rate: Rate | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", _initial(rate))
        super().__init__(*args, **kwargs)
        self.rate = rate
        zone = group.zone
        self.fields["period"].help_text = period_hint(group.time_zone)
        self.fields["since"] = MomentField(
            label=_("Effective from"),
            zone=zone,
            required=False,
            help_text=_("By the clocks of %(zone)s. Empty: from now on.") % {"zone": zone},
        )
        self.fields["until"] = MomentField(
            label=_("Effective until"),
            zone=zone,
            required=False,
            help_text=_("Without this moment. Empty: without end."),
        )
        for name in ("since", "until"):
            self.initial[name] = self.fields[name].prepare_value(self.initial.get(name))
        if rate is None:
            self.fields["prefix"] = PrefixField()
            self.order_fields(("prefix",))
        else:
            self.fields["version"] = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
            self.initial["version"] = rate.version

    def draft(self) -> RateDraft:
        """Of a valid form."""
        clean = self.cleaned_data
        first_block, increment = clean["block"]
        return RateDraft(
            prefix=self.rate.prefix if self.rate else clean["prefix"],
            price=clean["price"],
            destination=clean["destination"],
            connection_fee=clean["connection_fee"] or Decimal(0),
            first_block=first_block,
            increment=increment,
            since=clean["since"],
            until=clean["until"],
            is_locked=clean["is_locked"],
            period=clean["period"],
        )


def _initial(rate: Rate | None) -> dict[str, Any]:
    if rate is None:
        return {"block": (60, 60)}
    return {
        "destination": rate.destination,
        "price": rate.price,
        "connection_fee": rate.connection_fee or None,
        "block": (rate.first_block, rate.increment),
        "period": rate.period,
        "is_locked": rate.is_locked,
        "since": rate.effective_from if rate.effective_from > timezone.now() else None,
        "until": rate.effective_until,
    }


class EndForm(PortalForm):
    """When a rate ends."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, group: RateGroup, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"] = MomentField(
            label=_("Ends at"),
            zone=group.zone,
            required=False,
            help_text=_("By the clocks of %(zone)s. Empty: now.") % {"zone": group.zone},
        )


class LockForm(PortalForm):
    """Which state of a rate it is about."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class ManyForm(MarkUpFields):
    """What is done to the chosen rates of a group, and from when on."""

    deed = forms.ChoiceField(
        label=gettext_lazy("Do"),
        choices=[
            ("change", gettext_lazy("Change their prices")),
            ("lock", gettext_lazy("Lock them")),
            ("unlock", gettext_lazy("Unlock them")),
            ("end", gettext_lazy("End them")),
        ],
        widget=forms.RadioSelect,
        initial="change",
    )
    field_order = ("deed", "percent", "amount", "rounding", "at")

    def __init__(self, *args: Any, group: RateGroup, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = MomentField(
            label=_("From"),
            zone=group.zone,
            required=False,
            help_text=_("By the clocks of %(zone)s. Empty: from now on.") % {"zone": group.zone},
        )
        self.order_fields(self.field_order)

    def asked(self) -> Deed:
        """Of a valid form."""
        deed, at = self.cleaned_data["deed"], self.cleaned_data["at"]
        if deed == "change":
            return Deed(at, mark_up=self.mark_up())
        if deed == "end":
            return Deed(at, ends=True)
        return Deed(at, is_locked=deed == "lock")


class CorrectionForm(ReasonForm):
    """What a prefix should have cost for a time that is past."""

    price = AmountField(
        label=format_lazy(gettext_lazy("Right price per minute, {}"), settings.CURRENCY),
        error_messages={"required": gettext_lazy("Enter a price; 0 is free.")},
    )

    def __init__(self, *args: Any, group: RateGroup, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hint = _("By the clocks of %(zone)s.") % {"zone": group.zone}
        self.fields["prefix"] = PrefixField()
        self.fields["since"] = MomentField(label=_("From"), zone=group.zone, help_text=hint)
        self.fields["until"] = MomentField(label=_("Until"), zone=group.zone, help_text=hint)
        self.order_fields(("prefix", "price", "since", "until", "reason"))

    def values(self) -> dict[str, Any]:
        """Of a valid form, as the service takes them."""
        clean = self.cleaned_data
        return {
            "prefix": clean["prefix"],
            "begins_at": clean["since"],
            "ends_at": clean["until"],
            "price": clean["price"],
            "reason": clean["reason"],
        }

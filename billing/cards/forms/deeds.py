"""Forms about what is done with cards and batches: released, withdrawn, marked, extended, named."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kit.moments import day_end, last_day
from accounts.portal.forms.base import PortalForm, ReasonForm
from accounts.portal.forms.days import DayField
from billing.cards.forms.cards import CODE, OpeningForm, memo_field, name_field


def _serial(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={**CODE, "class": "mono"}),
    )


class PartForm(PortalForm):
    """Which cards of a batch: all of them, or those from one serial to another."""

    which = forms.ChoiceField(
        label=_("Which cards"),
        choices=[("all", _("All")), ("range", _("A range of serials"))],
        widget=forms.RadioSelect,
        initial="all",
    )
    first = _serial(_("From serial"))
    last = _serial(_("To serial"))

    def __init__(self, *args: Any, all_label: Any, hint: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first"].help_text = hint
        which: Any = self.fields["which"]
        which.choices = [("all", all_label), ("range", _("Those from one serial to another"))]

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        if clean.get("which") == "range":
            for name in ("first", "last"):
                if not clean.get(name) and name not in self.errors:
                    self.add_error(name, _("Enter a serial."))
        return clean

    def ends(self) -> dict[str, str]:
        """The serials of a valid form, as services take them; both empty for all."""
        if self.cleaned_data["which"] == "all":
            return {"first": "", "last": ""}
        return {name: self.cleaned_data[name] for name in ("first", "last")}

    def sent(self) -> list[tuple[str, str]]:
        """The fields of a valid form as they are sent again with the confirmation."""
        return [(name, self.cleaned_data[name]) for name in self.fields]


class WithdrawForm(PartForm):
    """And why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Kept in the audit log, for colleagues and for you."),
        error_messages={"required": _("Give a reason.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class BatchEditForm(OpeningForm):
    """What changes of a batch at any time: its name and memo, and what the accounts have that its
    cards open from then on.
    """

    name = name_field()
    memo = memo_field()


class ExtendForm(ReasonForm):
    """Until when, and why. `zone` is that of the batch's account, whose days are meant; `until` the
    present end.
    """

    expires_on = DayField(label=_("Use by"))

    field_order = ("expires_on", "reason")

    def __init__(self, *args: Any, zone: ZoneInfo, until: datetime | None, **kwargs: Any) -> None:
        initial = {"expires_on": last_day(until, zone) if until else None}
        super().__init__(*args, initial=initial, **kwargs)
        self.zone = zone
        self.fields["expires_on"].help_text = _("The last day on which it counts, in %(zone)s.") % {
            "zone": zone
        }

    def until(self) -> datetime | None:
        """The first moment after that day; of a valid form."""
        day = self.cleaned_data["expires_on"]
        return day_end(day, self.zone) if day else None


class CallersForm(ReasonForm):
    """The numbers that call with a card without its PIN."""

    numbers = forms.CharField(
        label=_("Caller numbers"),
        required=False,
        max_length=400,
        help_text=_(
            "One a line. Whoever calls an access number from one of them needs no PIN. A caller's "
            "number is what its carrier says of it."
        ),
        widget=forms.Textarea(attrs={**CODE, "rows": 4, "inputmode": "tel", "class": "mono"}),
    )

    field_order = ("numbers", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False

    def lines(self) -> list[str]:
        """What was typed; of a valid form."""
        typed: str = self.cleaned_data["numbers"]
        return typed.splitlines()


class BatchExtendForm(ExtendForm):
    """The same for a batch, whose cards may count without end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].required = False
        self.fields["expires_on"].help_text = _(
            "The last day on which an unused card counts, in %(zone)s. Empty: without end. Cards "
            "with a day of their own keep it."
        ) % {"zone": self.zone}


class MarkForm(PortalForm):
    """What is done with some cards of a batch: those that were ticked, or from one serial to
    another.
    """

    deed = forms.ChoiceField(
        label=_("Do"),
        choices=[
            ("sell", _("Mark as sold")),
            ("block", _("Block")),
            ("unblock", _("Unblock")),
        ],
        widget=forms.RadioSelect,
        initial="sell",
    )
    first = forms.CharField(
        label=_("From serial"), max_length=32, required=False,
        widget=forms.TextInput(attrs={**CODE, "class": "mono"}),
    )  # fmt: skip
    last = forms.CharField(
        label=_("To serial"), max_length=32, required=False,
        widget=forms.TextInput(attrs={**CODE, "class": "mono"}),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("Needed to block and unblock. Kept in the audit log."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, ticked: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ticked:
            self.withhold("first", "last", why=_("Tick cards, or name a range; not both."))
        else:
            for name in ("first", "last"):
                self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        if clean.get("deed") != "sell" and not clean.get("reason") and not self.errors:
            self.add_error("reason", _("Give a reason."))
        return clean

"""The forms of the ledger: the period of a statement, and why former transfers are settled."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.models import Account
from accounts.kit.moments import day_begin, day_end, today, zone_words
from accounts.logins.forms.security import time_zone_choices
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.days import DayField
from billing.forms import MemoReasonForm
from billing.ledger.models import Rhythm


class StatementForm(PortalForm):
    """The period of a statement, both days included, and the zone whose days are meant: where none
    is asked for, the viewer's, whose clock every page shows.
    """

    is_question = True

    zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    field_order = ("from", "to", "zone")

    def __init__(self, data: Any, *, account: Account, **kwargs: Any) -> None:
        self.account = account
        given = {name: data[name] for name in ("from", "to", "zone") if data.get(name)}
        zones = {**_first_zones(account), **dict([*time_zone_choices("")[1:], ("UTC", "UTC")])}
        zones |= _first_zones(account)
        zone = given["zone"] if given.get("zone") in zones else zone_words()
        self.today = today(ZoneInfo(zone))
        values = {"to": self.today.isoformat(), "zone": zone}
        if "to" not in given:
            values["from"] = self.today.replace(day=1).isoformat()
        super().__init__({**values, **given}, **kwargs)
        self.fields["from"] = DayField(label=_("From"))
        self.fields["to"] = DayField(label=_("Until"))
        field: Any = self.fields["zone"]
        field.choices = list(zones.items())
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        first, last = clean.get("from"), clean.get("to")
        if first and last and last < first:
            self.add_error("to", _("The period ends before it begins."))
        return clean

    @property
    def time_zone(self) -> ZoneInfo:
        """Of a valid form."""
        return ZoneInfo(self.cleaned_data["zone"])

    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment of the period and the first one after it."""
        zone = self.time_zone
        return day_begin(self.cleaned_data["from"], zone), day_end(self.cleaned_data["to"], zone)


def _first_zones(account: Account) -> dict[str, Any]:
    """The zones that are asked for most, with whose they are."""
    own, its = zone_words(), account.time_zone
    if own == its:
        return {own: own}
    return {
        own: _("%(zone)s, yours") % {"zone": own},
        its: _("%(zone)s, the account's") % {"zone": its},
    }


class MailingForm(PortalForm):
    """How often statements are mailed ("": not at all), and to whom."""

    rhythm = forms.ChoiceField(
        label=gettext_lazy("How often"),
        required=False,
        choices=[("", gettext_lazy("Not at all")), *Rhythm.choices],
    )
    addresses = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        required=False,
        max_length=600,
        help_text=gettext_lazy("Separated by commas. Who reads them sees what the account has."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        if clean.get("rhythm") and not clean.get("addresses"):
            self.add_error("addresses", _("Say to whom."))
        return clean


class SettlementForm(MemoReasonForm):
    """Why former transfers are settled."""

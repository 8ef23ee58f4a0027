"""The forms of the ledger: the period of a statement, and why former transfers are settled."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.models import Account
from accounts.logins.forms.security import time_zone_choices
from accounts.portal.forms.base import PortalForm
from billing.forms import DayField, MemoReasonForm, begin_of, end_of


class StatementForm(PortalForm):
    """The period of a statement, both days included, and the zone whose days are meant."""

    is_question = True

    zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    field_order = ("from", "to", "zone")

    def __init__(self, data: Any, *, account: Account, **kwargs: Any) -> None:
        self.account = account
        given = {name: data[name] for name in ("from", "to", "zone") if data.get(name)}
        zones = [*time_zone_choices("")[1:], ("UTC", "UTC")]
        names = {name for name, _label in zones} | {account.time_zone}
        zone = given.get("zone") if given.get("zone") in names else account.time_zone
        self.today = timezone.localdate(timezone=ZoneInfo(zone or account.time_zone))
        values = {"to": self.today.isoformat(), "zone": account.time_zone}
        if "to" not in given:
            values["from"] = self.today.replace(day=1).isoformat()
        super().__init__({**values, **given}, **kwargs)
        self.fields["from"] = DayField(label=_("From"))
        self.fields["to"] = DayField(label=_("Until"))
        field: Any = self.fields["zone"]
        first = [(account.time_zone, _("%(zone)s, the account's") % {"zone": account.time_zone})]
        field.choices = [*first, *(one for one in zones if one[0] != account.time_zone)]
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
        return ZoneInfo(self.cleaned_data["zone"] or self.account.time_zone)

    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment of the period and the first one after it."""
        zone = self.time_zone
        return begin_of(self.cleaned_data["from"], zone), end_of(self.cleaned_data["to"], zone)


class SettlementForm(MemoReasonForm):
    """Why former transfers are settled."""

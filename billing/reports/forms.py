"""What a report is asked: whose, which days, of which time zone."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.reach import account_reached
from accounts.kit.moments import today, zone_words
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.days import DayField
from accounts.portal.forms.picker import picker_attrs
from accounts.portal.forms.zones import ZoneField, Zones, time_zone_choices
from billing.reports.periods import PRESETS, Period, preset

_DAY = timedelta(days=1)
_FIRST = "this-month"
PRESET_WORDS = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "this-week": gettext_lazy("This week"),
    "last-week": gettext_lazy("Last week"),
    "this-month": gettext_lazy("This month"),
    "last-month": gettext_lazy("Last month"),
}


class ReportForm(PortalForm):
    """`?account=&period=&from=&to=&zone=`: both days included. Where nothing is asked it is this
    month; whose: the own account, for administrators the platform; days in the account's zone, of
    the platform in the viewer's. `most`: how many days at most.
    """

    is_question = True

    account = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs=picker_attrs(is_clearable=True)),
    )
    zone = ZoneField()

    field_order = ("account", "from", "to", "zone")

    def __init__(self, asked: QueryDict, *, actor: Actor, most: int, **kwargs: Any) -> None:
        self.most = most
        typed = asked.get("account", "").strip()
        name = typed or (actor.own.account_id if actor.own else "")
        self.whose: Account | None = account_reached(actor, name) if name else None
        its = self.whose.time_zone if self.whose else zone_words()
        zones = {**dict(time_zone_choices("")[1:]), **{one: one for one in ("UTC", its)}}
        zone = asked.get("zone", "")
        zone = zone if zone in zones else its
        self.today = today(ZoneInfo(zone))
        self.preset = self._preset(asked)
        first, until = preset(self.preset or _FIRST, self.today)
        values = {"account": typed, "zone": zone}
        values |= {"from": first.isoformat(), "to": (until - _DAY).isoformat()}
        if not self.preset:
            values |= {one: str(asked[one]) for one in ("from", "to") if asked.get(one)}
        super().__init__(values, actor=actor, **kwargs)
        self.fields["from"] = DayField(label=_("From"))
        self.fields["to"] = DayField(label=_("Until"))
        field: Any = self.fields["zone"]
        field.choices = Zones(sorted(zones.items()))
        # Whose report it is where none is named.
        own = actor.own.account_id if actor.own else _("The platform")
        self.fields["account"].widget.attrs["placeholder"] = own
        self.order_fields(self.field_order)

    @staticmethod
    def _preset(asked: QueryDict) -> str:
        """The named period that is asked for; "" for days."""
        if asked.get("period") in PRESETS:
            return str(asked["period"])
        return "" if asked.get("from") or asked.get("to") else _FIRST

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        if clean.get("account"):
            self.account_named("account", _("There is no such account in your scope."))
        first, last = clean.get("from"), clean.get("to")
        if first and last and last < first:
            self.add_error("to", _("The period ends before it begins."))
        elif first and last and (last - first).days >= self.most:
            words = ngettext(
                "Choose at most %(most)s day.", "Choose at most %(most)s days.", self.most
            )
            self.add_error("to", words % {"most": self.most})
        elif first and last and clean.get("zone") and not list(self.period.days()):
            # Samoa went without its 30 December 2011.
            self.add_error("from", _("There was no such day in this zone."))
        return clean

    @cached_property
    def period(self) -> Period:
        """Of a valid form."""
        clean = self.cleaned_data
        return Period.of_days(clean["from"], clean["to"] + _DAY, ZoneInfo(clean["zone"]))

    @property
    def days_over(self) -> int:
        """How many days of the period are over, today counted."""
        until = min(self.period.until, self.today + _DAY)
        return max((until - self.period.first).days, 0)

    @property
    def is_running(self) -> bool:
        return self.period.until > self.today

    def question(self, **more: str) -> str:
        """What the address of the same question says; named periods stay named."""
        clean = self.cleaned_data
        asked = {"account": self.whose.account_id} if clean.get("account") and self.whose else {}
        if self.preset:
            asked["period"] = self.preset
        else:
            asked |= {"from": clean["from"].isoformat(), "to": clean["to"].isoformat()}
        return urlencode({**asked, "zone": clean["zone"], **more})

    def presets(self) -> list[dict[str, Any]]:
        """The periods that are asked for most, as links."""
        asked = {"account": self.data["account"]} if self.data["account"] else {}
        zone = self.data["zone"]
        return [
            {
                "label": PRESET_WORDS[name],
                "url": "?" + urlencode({**asked, "period": name, "zone": zone}),
                "current": name == self.preset,
            }
            for name in PRESETS
        ]


class NowForm(ReportForm):
    """`?account=`: of a report that is about now, whatever else an address asks."""

    is_running = True

    def __init__(self, asked: QueryDict, **more: Any) -> None:
        super().__init__(asked, **more)
        for name in ("from", "to", "zone"):
            del self.fields[name]

    def question(self, **more: str) -> str:
        asked = {"account": self.whose.account_id} if self.data["account"] and self.whose else {}
        return urlencode({**asked, **more})

    def presets(self) -> list[dict[str, Any]]:
        return []

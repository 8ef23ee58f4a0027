"""What the volume of this month earns accounts, and what the next tier takes."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.addresses import address_of
from accounts.kit.moments import asked_now, moment_words, month_words, zone_words
from accounts.kit.sheets_out import MOST_ROWS
from billing.charging.queries.volumes import Progress, progress
from billing.money import from_micros
from billing.reports.forms import NowForm, ReportForm
from billing.reports.tables import Column, Table, count, money, share
from billing.reports.tables import text as words
from billing.reports.views.base import MOST_DAYS, Report, ReportFile, ReportPage
from billing.reports.words import DASH, count_words


class VolumesReport(Report):
    name = "volumes"
    heading = gettext_lazy("Volume discounts")

    def asked_form(self) -> ReportForm:
        return NowForm(self.request.GET, actor=self.actor, most=MOST_DAYS)

    def asked_of(self, form: ReportForm) -> dict[str, str]:
        return {}

    def zone_of(self, form: ReportForm) -> ZoneInfo:
        return ZoneInfo(zone_words())

    def table(self, form: ReportForm) -> Table:
        return self.table_of(progress(self.actor, form.whose, asked_now(), MOST_ROWS))

    def table_of(self, found: list[Progress]) -> Table:
        return Table(
            _("Minutes of this month at rate groups with volume tiers"),
            [
                words(_("Account"), lambda one: one.account.account_id),
                words(_("Rate group"), lambda one: one.now.group.name),
                words(_("Month"), _month),
                count(_("Minutes"), lambda one: one.now.minutes, css="fw-semibold"),
                count(_("Minutes before"), lambda one: one.before),
                money(_("Charged"), lambda one: from_micros(one.now.charges)),
                _percent(_("Tier reached"), lambda one: one.now.discount or None),
                money(_("Earned so far"), lambda one: one.now.earned, css="fw-semibold"),
                _percent(_("Next tier"), lambda one: (one.now.following or (0, None))[1]),
                Column(
                    _("Minutes to it"), lambda one: one.now.missing,
                    lambda one: DASH if one is None else count_words(one),
                ),
                money(_("Credited before"), lambda one: one.credited),
            ],
            found,
            link=lambda one: address_of("accounts:detail", one.account.account_id),
            note=_("Minutes are billed ones, by the calls’ answers. What is earned is credited once"
                   " the month has ended; “before” is the month before. Of a carrier it is the"
                   " cost. Months are those of each rate group’s own zone."),
        )  # fmt: skip


class VolumesView(VolumesReport, ReportPage):
    authorization = None
    template = "billing/reports/volumes.html"

    def time(self, form: ReportForm) -> dict[str, Any]:
        return {"period": _("This month")}

    def shown(self, form: ReportForm) -> dict[str, Any]:
        found = progress(self.actor, form.whose, asked_now(), MOST_ROWS)
        moments = [one.now.at for one in found if one.now.at is not None]
        return {
            "table": self.table_of(found),
            "counted": count_words(len(found)),
            "counted_at": moment_words(min(moments)) if moments else "",
        }


class VolumesExportView(VolumesReport, ReportFile):
    authorization = None


def _month(one: Progress) -> str:
    return _("%(month)s in %(zone)s") % {
        "month": month_words(one.now.month), "zone": one.now.group.time_zone,
    }  # fmt: skip


def _percent(label: Any, value: Any) -> Column:
    """Of what is in hundredths of a percent."""

    def percent(one: Progress) -> Decimal | None:
        found = value(one)
        return None if found is None else Decimal(found).scaleb(-2)

    return share(label, percent)

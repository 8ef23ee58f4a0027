"""Accounts that use nothing, and how long the money of others lasts."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.addresses import address_of
from accounts.kit.moments import day_of_words
from accounts.kit.sheets_out import MOST_ROWS
from billing.money import shown
from billing.reports.forms import ReportForm
from billing.reports.queries.accounts import Consumption, consumption, unused_accounts
from billing.reports.tables import BEFORE, CHANGE, Column, Table, change, day, minutes, money
from billing.reports.tables import text as words
from billing.reports.views.base import Report, ReportFile, ReportPage
from billing.reports.words import count_words, tenths


class ConsumptionReport(Report):
    name = "consumption"
    heading = gettext_lazy("Consumption")

    def table(self, form: ReportForm) -> Table:
        days = form.days_over
        found = consumption(self.actor, form.whose, form.period, days, MOST_ROWS)
        return Table(
            _("Consumption of the accounts directly below, beside what they have left"),
            [
                words(_("Account"), lambda one: one.account.account_id),
                money(_("Paid"), lambda one: one.figures.amount, css="fw-semibold"),
                money(BEFORE, lambda one: one.before.amount),
                change(CHANGE, lambda one: (one.figures.amount, one.before.amount)),
                minutes(_("Minutes"), lambda one: one.figures.minutes),
                money(_("A day"), lambda one: one.per_day),
                money(_("Balance"), lambda one: one.wallet.balance),
                Column(
                    _("Available"), lambda one: one.wallet.available,
                    lambda one: _("unlimited") if one is None else shown(one),
                ),
                Column(
                    _("Days left"), _days_left, lambda one: tenths(one) if one != "" else "–",
                    css="fw-semibold",
                ),
            ],
            found,
            link=lambda one: address_of("accounts:detail", one.account.account_id),
            note=_("Paid for all calls of their hierarchies in the period; balance and what is "
                   "available are those of now, and last so many days at the pace of the period."),
        )  # fmt: skip


class UnusedReport(Report):
    name = "unused"
    heading = gettext_lazy("Unused accounts")

    def table(self, form: ReportForm) -> Table:
        found = unused_accounts(self.actor, form.whose, form.period, MOST_ROWS)
        return Table(
            _("Accounts without a call in the period"),
            [
                words(_("Account"), lambda one: one.account.account_id),
                words(_("Name"), lambda one: one.account.name),
                day(_("Last call"), lambda one: one.last),
                words(_("Made"), lambda one: day_of_words(one.account.created_at)),
            ],
            found,
            link=lambda one: address_of("accounts:detail", one.account.account_id),
            note=_("Of all levels below; an agent is used where anybody below it calls. Days are "
                   "those of each account’s own zone."),
        )  # fmt: skip


class ConsumptionView(ConsumptionReport, ReportPage):
    authorization = None


class ConsumptionExportView(ConsumptionReport, ReportFile):
    authorization = None


class UnusedView(UnusedReport, ReportPage):
    authorization = None

    def shown(self, form: ReportForm) -> dict[str, Any]:
        table = self.table(form)
        return {"table": table, "counted": count_words(len(table.rows))}


class UnusedExportView(UnusedReport, ReportFile):
    authorization = None


def _days_left(one: Consumption) -> Any:
    return "" if one.days_left is None else one.days_left

"""Calls by account and by destination: how many, how long, what was paid."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.addresses import address_of
from billing.money import shown
from billing.reports.figures import NONE, Beside, Figures, summed
from billing.reports.forms import ReportForm
from billing.reports.queries.accounts import accounts_named
from billing.reports.queries.figures import income_by_destination, paid, sold_by_account
from billing.reports.tables import BEFORE, CHANGE, Table, change, count, minutes, money, seconds
from billing.reports.tables import share as percents
from billing.reports.tables import text as words
from billing.reports.views.base import Report, ReportFile, ReportPage, paid_side, tile
from billing.reports.views.income import account_words, destination_note
from billing.reports.words import (
    count_words,
    destination_words,
    length_words,
    percent_words,
    tenths,
)


@dataclass(frozen=True)
class Line:
    """A row, of the period and of the one before."""

    name: str | None
    now: Figures
    before: Figures


class AccountsReport(Report):
    name = "accounts"
    heading = gettext_lazy("Accounts")

    def table(self, form: ReportForm) -> Table:
        found = sold_by_account(form.whose, form.period)
        known = accounts_named(self.actor, form.whose)
        lines = [
            Line(known[pk].account_id, found.now.get(pk, NONE), found.before.get(pk, NONE))
            for pk in {*found.now, *found.before} & known.keys()
        ]
        lines.sort(key=lambda one: (-one.now.amount, str(one.name)))
        away = Line(
            "",
            summed(one for pk, one in found.now.items() if pk not in known),
            summed(one for pk, one in found.before.items() if pk not in known),
        )
        if away != Line("", NONE, NONE):
            lines.append(away)
        return Table(
            _("Calls of the accounts directly below"),
            [
                words(_("Account"), lambda one: account_words(one.name, form.whose)),
                count(_("Calls"), lambda one: one.now.legs),
                count(_("Answered"), lambda one: one.now.answered),
                percents(_("ASR"), lambda one: one.now.asr),
                seconds(_("ACD"), lambda one: one.now.acd),
                minutes(_("Minutes"), lambda one: one.now.minutes),
                minutes(_("Billed minutes"), lambda one: one.now.billed_minutes),
                *paid_columns(),
            ],
            lines,
            total_of(lines),
            link=lambda one: address_of("accounts:detail", one.name) if one.name else "",
        )


class DestinationsReport(Report):
    name = "destinations"
    heading = gettext_lazy("Destinations")

    def table(self, form: ReportForm) -> Table:
        whose, found = form.whose, income_by_destination(form.whose, form.period)
        now = {name: paid_side(whose, one) for name, one in found.now.items()}
        before = {name: paid_side(whose, one) for name, one in found.before.items()}
        lines = [
            Line(name, now.get(name, NONE), before.get(name, NONE)) for name in {*now, *before}
        ]
        # The platform's carriers, and those below, may have other names for what they were paid.
        lines = [one for one in lines if one != Line(one.name, NONE, NONE)]
        return Table(
            _("Calls by destination"),
            [
                words(_("Destination"), lambda one: destination_words(one.name)),
                count(_("Calls"), lambda one: one.now.legs),
                seconds(_("ACD"), lambda one: one.now.acd),
                minutes(_("Minutes"), lambda one: one.now.minutes),
                minutes(_("Billed minutes"), lambda one: one.now.billed_minutes),
                money(_("A billed minute"), lambda one: one.now.per_minute),
                *paid_columns(),
            ],
            sorted(lines, key=lambda one: (-one.now.amount, str(one.name))),
            total_of(lines),
            note=destination_note(form),
        )


class AccountsView(AccountsReport, ReportPage):
    authorization = None

    def shown(self, form: ReportForm) -> dict[str, Any]:
        table = self.table(form)
        if form.whose is None:
            found = Beside(table.total.now, table.total.before)
        else:
            found = paid(form.whose, form.period)
        return {"tiles": call_tiles(found), "table": table}


class AccountsExportView(AccountsReport, ReportFile):
    authorization = None


class DestinationsView(DestinationsReport, ReportPage):
    authorization = None

    def shown(self, form: ReportForm) -> dict[str, Any]:
        table = self.table(form)
        found = Beside(table.total.now, table.total.before)
        return {"tiles": call_tiles(found), "table": table}


class DestinationsExportView(DestinationsReport, ReportFile):
    authorization = None


def paid_columns() -> list[Any]:
    return [
        money(_("Paid"), lambda one: one.now.amount, css="fw-semibold"),
        money(BEFORE, lambda one: one.before.amount),
        change(CHANGE, lambda one: (one.now.amount, one.before.amount)),
    ]


def total_of(lines: list[Line]) -> Line:
    return Line(None, summed(one.now for one in lines), summed(one.before for one in lines))


def call_tiles(found: Beside[Figures], paid_words: Any = "") -> list[dict[str, Any]]:
    """What calls come to: how many, how long, how good, what was paid."""
    now, was = found.now, found.before
    return [
        tile(_("Calls"), count_words(now.legs), now.legs, was.legs, count_words(was.legs)),
        tile(_("Minutes"), tenths(now.minutes), now.minutes, was.minutes, tenths(was.minutes)),
        tile(_("Answered, ASR"), percent_words(now.asr), now.asr, was.asr,
             percent_words(was.asr), is_judged=True),
        tile(_("Average call, ACD"), length_words(now.acd), now.acd, was.acd,
             length_words(was.acd)),
        tile(paid_words or _("Paid"), shown(now.amount), now.amount, was.amount, shown(was.amount),
             unit=settings.CURRENCY),
    ]  # fmt: skip

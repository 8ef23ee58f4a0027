"""What calls bring in: what those directly below paid, the own price, the margin."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.models import Account
from accounts.kit.addresses import address_of
from billing.money import shown
from billing.reports.drawing import Bar, drawn
from billing.reports.figures import Beside, Figures, Income, income_summed, percent
from billing.reports.forms import ReportForm
from billing.reports.periods import Period
from billing.reports.queries.accounts import accounts_named
from billing.reports.queries.by_day import income_by_day
from billing.reports.queries.figures import (
    income_by_destination,
    income_by_root,
    sold_by_account,
    sold_by_destination,
)
from billing.reports.tables import CHANGE, Table, change, count, day, minutes, money, share
from billing.reports.tables import text as words
from billing.reports.views.base import Report, ReportFile, ReportPage, tile, whose_words
from billing.reports.words import destination_words


@dataclass(frozen=True)
class Line:
    """A row: a day, a destination or an account, of the period and of the one before."""

    name: Any
    now: Income
    before: Income


class IncomeReport(Report):
    name = "income"
    heading = gettext_lazy("Income")
    choices = {
        "by": (
            ("day", gettext_lazy("Day")),
            ("destination", gettext_lazy("Destination")),
            ("account", gettext_lazy("Account")),
        )
    }

    def days(self, form: ReportForm) -> Mapping[date, Income]:
        """Of the period and the one before, read once."""
        return income_by_day(form.whose, form.period.with_before)

    def table(self, form: ReportForm) -> Table:
        by = self.chosen("by")
        if by == "destination":
            return self._by_destination(form)
        return self._by_account(form) if by == "account" else self.by_day(form, self.days(form))

    def by_day(self, form: ReportForm, found: Mapping[date, Income]) -> Table:
        earlier = [found.get(one, Income()) for one in form.period.before.days()]
        lines = [
            Line(each, found.get(each, Income()), earlier[at] if at < len(earlier) else Income())
            for at, each in enumerate(form.period.days())
        ]
        now = income_summed(one.now for one in lines)
        total = Line(None, now, income_summed(earlier))
        return Table(
            _("Income by day"),
            [
                day(_("Day"), lambda line: line.name or _("All")),
                *self._money(form),
                self._minutes(),
                *self._beside(lambda one: one.margin, _("Margin before")),
            ],
            lines,
            total,
            note=_("Before: the day with the same number in the period before."),
        )

    def _by_destination(self, form: ReportForm) -> Table:
        if form.whose is None:
            found = income_by_destination(None, form.period)
        else:
            found = _as_income(sold_by_destination(form.whose, form.period))
        lines = list(_lines(found))
        return Table(
            _("Income by destination"),
            [
                words(_("Destination"), lambda one: destination_words(one.name)),
                *self._money(form),
                self._minutes(),
                *self._beside(lambda one: one.margin, _("Margin before")),
            ],
            sorted(lines, key=lambda one: (-one.now.sold.amount, str(one.name))),
            _total(lines),
            note=destination_note(form),
        )

    def _by_account(self, form: ReportForm) -> Table:
        if form.whose is None:
            found = income_by_root(form.period)
        else:
            found = _as_income(sold_by_account(form.whose, form.period))
        known = accounts_named(self.actor, form.whose)
        lines = []
        nothing = elsewhere = Line("", Income(), Income())
        for line in _lines(found):
            account = known.get(line.name)
            if account is not None:
                lines.append(Line(account.account_id, line.now, line.before))
                continue
            elsewhere = Line("", elsewhere.now + line.now, elsewhere.before + line.before)
        lines.sort(key=lambda one: (-one.now.sold.amount, one.name))
        if elsewhere != nothing:
            lines.append(elsewhere)
        total = _total(lines)
        return Table(
            _("Income by account"),
            [
                words(_("Account"), lambda one: account_words(one.name, form.whose)),
                *self._money(form),
                share(_("of all"), lambda one: percent(one.now.sold.amount, total.now.sold.amount)),
                count(_("Calls"), lambda one: one.now.sold.legs),
                self._minutes(),
                *self._beside(lambda one: one.sold.amount, _("Paid before")),
                money(_("Margin before"), lambda one: one.before.margin),
            ],
            lines,
            total,
            link=lambda one: address_of("accounts:detail", one.name) if one.name else "",
            note="" if form.whose else _note_of_roots(elsewhere != nothing),
        )

    def _money(self, form: ReportForm) -> list[Any]:
        paid, own = whose_words(form.whose)
        return [
            money(paid, lambda one: one.now.sold.amount),
            money(own, lambda one: one.now.bought.amount),
            money(_("Margin"), lambda one: one.now.margin, css="fw-semibold"),
            share(_("of paid"), lambda one: one.now.margin_share),
        ]

    def _minutes(self) -> Any:
        return minutes(_("Minutes"), lambda one: one.now.sold.minutes)

    def _beside(self, value: Callable[[Income], Any], label: Any) -> list[Any]:
        return [
            money(label, lambda one: value(one.before)),
            change(CHANGE, lambda one: (value(one.now), value(one.before))),
        ]


class IncomeView(IncomeReport, ReportPage):
    authorization = None
    template = "billing/reports/income.html"

    def shown(self, form: ReportForm) -> dict[str, Any]:
        found = self.days(form)
        by_day = self.by_day(form, found)
        now = income_summed(found.get(one, Income()) for one in form.period.days())
        before = income_summed(found.get(one, Income()) for one in form.period.before.days())
        is_by_day = self.chosen("by") == "day"
        table = by_day if is_by_day else self.table(form)
        return {
            "tiles": income_tiles(form, now, before),
            "chart": _chart(form.period, found),
            "day_table": None if is_by_day else by_day,
            "table": table,
            "differs": self.chosen("by") == "destination" and table.total.now.sold != now.sold,
            "is_empty": now == before == Income(),
            "paid_words": whose_words(form.whose)[0],
            "own_words": whose_words(form.whose)[1],
        }


class IncomeExportView(IncomeReport, ReportFile):
    authorization = None


def income_tiles(form: ReportForm, now: Income, before: Income) -> list[dict[str, Any]]:
    """Income in figures."""
    paid, own = whose_words(form.whose)
    unit = settings.CURRENCY
    found = [
        tile(paid, shown(now.sold.amount), now.sold.amount, before.sold.amount,
             shown(before.sold.amount), unit=unit, is_judged=True),
        tile(own, shown(now.bought.amount), now.bought.amount, before.bought.amount,
             shown(before.bought.amount), unit=unit),
        tile(_("Margin"), shown(now.margin), now.margin, before.margin, shown(before.margin),
             unit=unit, is_judged=True),
    ]  # fmt: skip
    if form.whose is not None:
        found.append(
            tile(_("Own calls"), shown(now.own.amount), now.own.amount, before.own.amount,
                 shown(before.own.amount), unit=unit)
        )  # fmt: skip
    return found


def _chart(period: Period, found: Mapping[date, Income]) -> dict[str, Any]:
    before = list(period.before.days())
    bars = []
    for at, one in enumerate(period.days()):
        of_day = found.get(one, Income())
        earlier = found.get(before[at], Income()) if at < len(before) else None
        mark = earlier.sold.amount if earlier else None
        bars.append(Bar(one, of_day.bought.amount, of_day.margin, mark))
    best = max(bars, key=lambda bar: bar.bottom + bar.top)
    summary = _("Income by day. The most was %(amount)s on %(day)s.") % {
        "amount": shown(best.bottom + best.top), "day": best.day.isoformat(),
    }  # fmt: skip
    return {"drawing": drawn(bars), "summary": summary}


def _lines(found: Beside[Mapping[Any, Income]]) -> Iterator[Line]:
    for name in {*found.now, *found.before}:
        yield Line(name, found.now.get(name, Income()), found.before.get(name, Income()))


def _total(lines: list[Line]) -> Line:
    return Line(
        None,
        income_summed(one.now for one in lines),
        income_summed(one.before for one in lines),
    )


def _as_income(found: Beside[Mapping[Any, Figures]]) -> Beside[Mapping[Any, Income]]:
    """What those below paid, and beside it the own price of the same calls."""
    sides = (
        {key: one.with_price for key, one in side.items()} for side in (found.now, found.before)
    )
    return Beside(*sides)


def account_words(name: str | None, whose: Account | None) -> str:
    """Of a row: an account, all of them, or what is not said by name: accounts that are not below
    an agent any more, or what the platform cannot tell apart.
    """
    if name is None:
        return _("All")
    if not name and whose is None:
        return _("Not known by account")
    return name or _("Accounts that have moved away")


def _note_of_roots(has_rest: bool) -> str:
    note = _(
        "Carriers’ cost is what they are owed for the calls of an account’s hierarchy, while it"
        " stood at the top level."
    )
    if not has_rest:
        return note
    rest = _(
        "Not known by account: what lies between the days of a former time zone and those of this"
        " one, and the cost of calls that were archived before it was kept by account."
    )
    return f"{note} {rest}"


def destination_note(form: ReportForm) -> str:
    """What a reader has to know of days and names."""
    return _(
        "Days are those of each account’s own zone, and destinations have the names that each"
        " account’s own rates give them."
    )

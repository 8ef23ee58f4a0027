"""How often calls are answered and how long they last, hour by hour, and how they ended."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.calls.causes import Outcome
from billing.reports.figures import NONE, Beside, Figures, percent, summed
from billing.reports.forms import ReportForm
from billing.reports.queries.figures import quality_by_hour
from billing.reports.queries.gateways import causes_summed, gateway_figures
from billing.reports.tables import Table, count, minutes, seconds
from billing.reports.tables import share as percents
from billing.reports.tables import text as words
from billing.reports.views.base import Report, ReportFile, ReportPage
from billing.reports.views.calls import call_tiles
from billing.reports.views.gateways import failures
from billing.reports.words import (
    DASH,
    cause_words,
    count_words,
    length_words,
    percent_words,
    tenths,
)

MOST_HOUR_DAYS = 31
# Fewer calls than these say nothing of a share.
_FEW = 10
_WEEKDAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"), gettext_lazy("Friday"), gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)  # fmt: skip


class QualityReport(Report):
    name = "quality"
    heading = gettext_lazy("Quality")
    most_days = MOST_HOUR_DAYS
    choices = {
        "figure": (
            ("asr", gettext_lazy("Answered, ASR")),
            ("acd", gettext_lazy("Average call, ACD")),
            ("calls", gettext_lazy("Calls")),
        )
    }

    def table(self, form: ReportForm) -> Table:
        return self.table_of(quality_by_hour(form.whose, form.period))

    def table_of(self, found: Beside[Mapping[tuple[int, int], Figures]]) -> Table:
        by_hour = [
            (
                hour,
                *(
                    summed(one for (_day, at), one in side.items() if at == hour)
                    for side in (found.now, found.before)
                ),
            )
            for hour in range(24)
        ]
        return Table(
            _("Calls by hour"),
            [
                words(_("Hour"), lambda row: f"{row[0]:02d}:00"),
                count(_("Calls"), lambda row: row[1].legs),
                count(_("Answered"), lambda row: row[1].answered),
                percents(_("ASR"), lambda row: row[1].asr),
                seconds(_("ACD"), lambda row: row[1].acd),
                minutes(_("Minutes"), lambda row: row[1].minutes),
                count(_("Calls before"), lambda row: row[2].legs),
                percents(_("ASR before"), lambda row: row[2].asr),
                seconds(_("ACD before"), lambda row: row[2].acd),
            ],
            [row for row in by_hour if row[1:] != (NONE, NONE)],
        )


class QualityView(QualityReport, ReportPage):
    authorization = None
    template = "billing/reports/quality.html"

    def shown(self, form: ReportForm) -> dict[str, Any]:
        both = quality_by_hour(form.whose, form.period)
        hours, found = both.now, Beside(summed(both.now.values()), summed(both.before.values()))
        gateways = gateway_figures(self.actor, form.whose, form.period)
        routing = [one for one in gateways if one.is_routing]
        causes = Beside(*(causes_summed(routing or gateways, side) for side in ("now", "before")))
        return {
            "tiles": call_tiles(found)[:4],
            "heat": _heat(hours, self.chosen("figure")),
            "hours": range(24),
            "ends": _ends(causes),
            "ends_of": count_words(summed(causes.now.values()).legs),
            "is_of_carriers": bool(routing),
            "table": self.table_of(both),
            "is_empty": found == Beside(NONE, NONE),
        }


class QualityExportView(QualityReport, ReportFile):
    authorization = None


def _heat(found: Mapping[tuple[int, int], Figures], figure: str) -> list[dict[str, Any]]:
    """A row a weekday, a cell an hour: words, what they mean, and how much it is of the most."""
    values = {key: _value(one, figure) for key, one in found.items()}
    most = max((one for one in values.values() if one is not None), default=0)
    rows = []
    for day, name in enumerate(_WEEKDAYS):
        of_day = summed(one for (at, _hour), one in found.items() if at == day)
        cells = [_cell(found.get((day, hour), NONE), figure, most) for hour in range(24)]
        rows.append({"day": name, "cells": cells, "sum": _words(of_day, figure)})
    return rows


def _cell(one: Figures, figure: str, most: Any) -> dict[str, str]:
    value = _value(one, figure)
    if value is None:
        return {"css": "q0", "text": DASH, "calls": count_words(one.legs)}
    step = min(int(4 * value / most) + 1, 4) if most else 1
    return {"css": f"q{step}", "text": _words(one, figure), "calls": count_words(one.legs)}


def _value(one: Figures, figure: str) -> Any:
    if figure == "calls":
        return one.legs or None
    if one.legs < _FEW:
        return None
    return one.asr if figure == "asr" else one.acd


def _words(one: Figures, figure: str) -> str:
    if figure == "calls":
        return count_words(one.legs)
    if figure == "acd":
        return length_words(one.acd)
    return DASH if one.asr is None else tenths(one.asr).partition(".")[0]


def _ends(causes: Beside[dict[str, Figures]]) -> list[dict[str, Any]]:
    """How calls ended: answered, then why they were not, the commonest first; causes that mean the
    same are one. Beside each its share of the period before.
    """
    all_of, all_before = summed(causes.now.values()), summed(causes.before.values())
    if not all_of.legs:
        return []
    missed, missed_before = _missed(causes.now), _missed(causes.before)
    before = {_("Answered"): all_before.answered, **missed_before}
    codes: dict[str, list[str]] = {}
    for cause in failures(causes.now):
        name = cause_words(cause)
        if cause and cause != name and cause not in Outcome.values:
            codes.setdefault(name, []).append(cause)
    found = [(_("Answered"), "", all_of.answered, "ok")]
    found += [
        (name, ", ".join(sorted(codes.get(name, []))), number, "mute")
        for name, number in sorted(missed.items(), key=lambda one: (-one[1], one[0]))
    ]
    return [
        {
            "name": name, "codes": code, "kind": kind, "count": count_words(number),
            "share": percent_words(percent(number, all_of.legs)),
            "width": f"{percent(number, all_of.legs):.2f}",
            "was": percent_words(percent(before.get(name, 0), all_before.legs)),
        }
        for name, code, number, kind in found
    ]  # fmt: skip


def _missed(causes: Mapping[str, Figures]) -> dict[str, int]:
    """How many calls were not answered, by what their causes mean."""
    found: dict[str, int] = {}
    for cause, number in failures(causes).items():
        name = cause_words(cause)
        found[name] = found.get(name, 0) + number
    return found

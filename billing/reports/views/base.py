"""What every report shares: the question, the tabs, the file with the same figures."""

from collections.abc import Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.core.exports import Export
from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.kit.moments import day_words, moment_words, zone_words
from accounts.kit.sheets_out import offered
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.views.base import PortalView
from accounts.portal.views.exports import ExportView
from billing.reports.figures import Figures, Income
from billing.reports.forms import ReportForm
from billing.reports.periods import Period
from billing.reports.tables import Table
from billing.reports.words import change_cell

# Of what is read from days, and from quarters of an hour.
MOST_DAYS, MOST_QUARTER_DAYS = 400, 92

REPORTS: Sequence[tuple[str, Any, Any]] = (
    ("income", gettext_lazy("Income"), gettext_lazy(
        "What those directly below paid, the own price of it, and the margin: by day, destination"
        " and account.")),
    ("accounts", gettext_lazy("Accounts"), gettext_lazy(
        "Calls, minutes, answers and money of every account directly below.")),
    ("destinations", gettext_lazy("Destinations"), gettext_lazy(
        "Where is called to, for how long, and what a minute costs.")),
    ("gateways", gettext_lazy("Gateways"), gettext_lazy(
        "How often each gateway answers, how long it is used, and what went through it.")),
    ("quality", gettext_lazy("Quality"), gettext_lazy(
        "Answered calls and their length by hour and weekday, and how calls ended.")),
    ("consumption", gettext_lazy("Consumption"), gettext_lazy(
        "What accounts use up beside what they have left, and how many days that lasts.")),
    ("volumes", gettext_lazy("Volume discounts"), gettext_lazy(
        "Minutes of this month, the tier they reach and what the next one takes.")),
    ("unused", gettext_lazy("Unused accounts"), gettext_lazy(
        "Accounts without a call in a period.")),
)  # fmt: skip


class Report:
    """What a page and its file have in common. `name` is the end of its address."""

    name: ClassVar[str] = ""
    heading: ClassVar[Any] = ""
    most_days: ClassVar[int] = MOST_DAYS
    # The further parts of the question, each with its choices, the first where none is asked for.
    choices: ClassVar[dict[str, Sequence[tuple[str, Any]]]] = {}

    request: HttpRequest
    actor: Actor

    def asked_form(self) -> ReportForm:
        return ReportForm(self.request.GET, actor=self.actor, most=self.most_days)

    def asked_of(self, form: ReportForm) -> dict[str, str]:
        """Of which time a file is, for its record."""
        clean = form.cleaned_data
        return {"from": str(clean["from"]), "to": str(clean["to"]), "zone": clean["zone"]}

    def zone_of(self, form: ReportForm) -> ZoneInfo:
        """By whose clocks a file has its times."""
        return form.period.zone

    def chosen(self, name: str) -> str:
        """What is chosen of one of the `choices`."""
        known = [one for one, _words in self.choices[name]]
        asked = self.request.GET.get(name, "")
        return asked if asked in known else known[0]

    def table(self, form: ReportForm) -> Table:
        """What the page shows below all else, and what its file holds."""
        raise NotImplementedError


class ReportPage(Report, PortalView):
    """A report on screen and on paper."""

    abstract = True
    template: ClassVar[str] = "billing/reports/report.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = self.asked_form()
        context: dict[str, Any] = {
            "form": form,
            "page_heading": self.heading,
            "crumbs": [Crumb(_("Reports"), reverse("billing:reports")), Crumb(self.heading)],
            "tabs": report_tabs(form, self.name),
            "presets": form.presets(),
            "currency": settings.CURRENCY,
        }
        if not form.is_valid():
            return render(request, self.template, context, status=422)
        context |= self._head(form)
        context |= self.shown(form)
        if form.is_running:
            # Part of a period beside the whole of another is no change.
            context["tiles"] = [{**one, "change": ""} for one in context.get("tiles", ())]
        return render(request, self.template, context)

    def shown(self, form: ReportForm) -> dict[str, Any]:
        """The further context."""
        return {"table": self.table(form)}

    def _head(self, form: ReportForm) -> dict[str, Any]:
        url = reverse(f"billing:report-{self.name}-export")
        asked = {name: self.chosen(name) for name in self.choices}
        return {
            "whose": form.whose,
            "is_platform": form.whose is None,
            **self.time(form),
            "is_running": form.is_running,
            "as_of": moment_words(timezone.now()),
            "own_zone": zone_words(),
            "exports": offered(lambda kind: f"{url}?{form.question(**asked, format=kind)}"),
            "link": self._link(form, asked),
            "asked": list(asked.items()),
            "choosers": [self._chooser(form, name, asked) for name in self.choices],
        }

    def time(self, form: ReportForm) -> dict[str, Any]:
        """Of which time it is, in words."""
        return {
            "period": period_words(form.period),
            "before": period_words(form.period.before),
            "zone": form.period.zone.key,
        }

    def _link(self, form: ReportForm, asked: dict[str, str]) -> str:
        """The page as somebody else may open it, who would be asked about another account."""
        whose = {"account": form.whose.account_id} if form.whose else {}
        return self.request.build_absolute_uri("?" + form.question(**whose, **asked))

    def _chooser(self, form: ReportForm, name: str, asked: dict[str, str]) -> dict[str, Any]:
        return {
            "name": name,
            "links": [
                {
                    "label": words,
                    "url": "?" + form.question(**{**asked, name: one}),
                    "current": one == asked[name],
                }
                for one, words in self.choices[name]
            ],
        }


class ReportFile(Report, ExportView):
    """The table of a report as a file."""

    abstract = True

    def exported(self, request: HttpRequest) -> Export:
        form = self.asked_form()
        if not form.is_valid():
            # In the words of the page, which shows them beside its fields.
            words = " ".join(str(one) for some in form.errors.values() for one in some)
            raise Refused(words, code="bad_question")
        table, of = self.table(form), self.asked_of(form)
        asked = {name: self.chosen(name) for name in self.choices}
        whose = form.whose.account_id if form.whose else ""
        return Export.of_one_piece(
            table.lines,
            what="report",
            account=form.whose,
            filters={"report": self.name, **of, **asked},
            name="-".join(
                one for one in (self.name, whose, of.get("from"), of.get("to")) if one
            ),
            header=table.header,
            count=table.count,
            zone=self.zone_of(form),
        )  # fmt: skip


def report_tabs(form: ReportForm, current: str) -> list[dict[str, Any]]:
    """All reports, about the same account and period."""
    question = f"?{form.question()}" if form.is_valid() else ""
    return [
        {
            "label": label,
            "url": reverse(f"billing:report-{name}") + question,
            "current": name == current,
        }
        for name, label, _words in REPORTS
    ]


def period_words(period: Period) -> str:
    last = list(period.days())[-1]
    if period.first == last:
        return day_words(last)
    return _("%(first)s to %(last)s") % {
        "first": day_words(period.first), "last": day_words(last),
    }  # fmt: skip


def tile(
    name: Any, figure: str, now: Any, before: Any, was: str, *, unit: str = "", **more: Any
) -> dict[str, Any]:
    """A figure, by how much it changed, and what it was."""
    change = "" if now is None or before is None else change_cell(now, before, **more)
    return {"name": name, "figure": figure, "unit": unit, "change": change, "was": was}


def whose_words(whose: Account | None) -> tuple[Any, Any]:
    """Who pays above the margin, and who below it."""
    if whose is None:
        return _("Top-level accounts paid"), _("Carriers’ cost")
    return _("Sub-accounts paid"), _("Own price")


def paid_side(whose: Account | None, income: Income) -> Figures:
    """The calls of a hierarchy, of the platform all, with what was paid for them."""
    return income.sold if whose is None else income.paid

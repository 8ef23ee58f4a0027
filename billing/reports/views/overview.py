"""What can be asked, and this month in a few figures."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.portal.breadcrumbs import Crumb
from accounts.portal.views.base import PortalView
from billing.reports.figures import Income
from billing.reports.forms import ReportForm
from billing.reports.queries.figures import income
from billing.reports.views.base import MOST_DAYS, REPORTS, period_words
from billing.reports.views.income import income_tiles


class OverviewView(PortalView):
    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ReportForm(request.GET, actor=self.actor, most=MOST_DAYS)
        context = {
            "form": form,
            "page_heading": _("Reports"),
            "crumbs": [Crumb(_("Reports"))],
            "presets": form.presets(),
        }
        if not form.is_valid():
            return render(request, "billing/reports/overview.html", context, status=422)
        found, question = income(form.whose, form.period), form.question()
        context |= {
            "tiles": income_tiles(form, found.now, found.before),
            "is_empty": found.now == found.before == Income(),
            "whose": form.whose,
            "is_platform": form.whose is None,
            "period": period_words(form.period),
            "before": period_words(form.period.before),
            "zone": form.period.zone.key,
            "reports": [
                {
                    "label": label,
                    "words": words,
                    "url": f"{reverse(f'billing:report-{name}')}?{question}",
                }
                for name, label, words in REPORTS
            ],
        }
        return render(request, "billing/reports/overview.html", context)

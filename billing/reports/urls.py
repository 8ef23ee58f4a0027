"""Reports, each as a page and as a file."""

from django.urls import path

from billing.reports.views import (
    accounts,
    calls,
    gateways,
    income,
    overview,
    quality,
    volumes,
)

urlpatterns = [
    path("reports/", overview.OverviewView.as_view(), name="reports"),
    *(
        one
        for name, page, file in (
            ("income", income.IncomeView, income.IncomeExportView),
            ("accounts", calls.AccountsView, calls.AccountsExportView),
            ("destinations", calls.DestinationsView, calls.DestinationsExportView),
            ("gateways", gateways.GatewaysView, gateways.GatewaysExportView),
            ("quality", quality.QualityView, quality.QualityExportView),
            ("consumption", accounts.ConsumptionView, accounts.ConsumptionExportView),
            ("volumes", volumes.VolumesView, volumes.VolumesExportView),
            ("unused", accounts.UnusedView, accounts.UnusedExportView),
        )
        for one in (
            path(f"reports/{name}/", page.as_view(), name=f"report-{name}"),
            path(f"reports/{name}/export/", file.as_view(), name=f"report-{name}-export"),
        )
    ),
]

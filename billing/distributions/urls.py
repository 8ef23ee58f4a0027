"""Many payments at once: handing in, checking, and what was paid."""

from django.urls import path

from billing.distributions.views import check, hand_in, paid, table

urlpatterns = [
    path("payments/distribute/", hand_in.DistributeView.as_view(), name="distribute"),
    path(
        "payments/distribute/selection/",
        table.DistributeSelectionView.as_view(),
        name="distribute-selection",
    ),
    path(
        "payments/distribute/table/",
        table.DistributeTableView.as_view(),
        name="distribute-table",
    ),
    path(
        "payments/distribute/<uuid:distribution_id>/",
        check.DistributionCheckView.as_view(),
        name="distribution-check",
    ),
    path(
        "payments/distribute/<uuid:distribution_id>/list/",
        check.DistributionListView.as_view(),
        name="distribution-list",
    ),
    path(
        "payments/distribute/<uuid:distribution_id>/errors/",
        check.DistributionErrorsView.as_view(),
        name="distribution-errors",
    ),
    path(
        "payments/distributions/<uuid:distribution_id>/",
        paid.DistributionView.as_view(),
        name="distribution",
    ),
    path(
        "payments/distributions/<uuid:distribution_id>/export/",
        paid.DistributionExportView.as_view(),
        name="distribution-export",
    ),
]

"""Many payments at once: handing in, checking, and what was paid."""

from django.urls import path

from billing.distributions.views import check as distribution_check
from billing.distributions.views import hand_in as distribution
from billing.distributions.views import paid as distributions

urlpatterns = [
    path("payments/distribute/", distribution.DistributeView.as_view(), name="distribute"),
    path(
        "payments/distribute/selection/",
        distribution.DistributeSelectionView.as_view(),
        name="distribute-selection",
    ),
    path(
        "payments/distribute/<uuid:distribution_id>/",
        distribution_check.DistributionCheckView.as_view(),
        name="distribution-check",
    ),
    path(
        "payments/distribute/<uuid:distribution_id>/errors/",
        distribution_check.DistributionErrorsView.as_view(),
        name="distribution-errors",
    ),
    path(
        "payments/distributions/<uuid:distribution_id>/",
        distributions.DistributionView.as_view(),
        name="distribution",
    ),
    path(
        "payments/distributions/<uuid:distribution_id>/export/",
        distributions.DistributionExportView.as_view(),
        name="distribution-export",
    ),
]

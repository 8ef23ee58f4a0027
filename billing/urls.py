"""Addresses about money: those of one account below /accounts/, the others below /payments/."""

from django.urls import path

from billing.views import (
    distribution,
    distribution_check,
    distributions,
    history,
    payments,
    policies,
    receipts,
    reversals,
    statements,
)

app_name = "billing"

urlpatterns = [
    path("payments/", history.PaymentsView.as_view(), name="payments"),
    path("payments/export/", history.PaymentsExportView.as_view(), name="payments-export"),
    path(
        "accounts/<str:account_id>/payments/",
        history.AccountPaymentsView.as_view(),
        name="account-payments",
    ),
    path(
        "accounts/<str:account_id>/payments/export/",
        history.AccountPaymentsExportView.as_view(),
        name="account-payments-export",
    ),
    path(
        "accounts/<str:account_id>/statement/",
        statements.StatementView.as_view(),
        name="statement",
    ),
    path(
        "accounts/<str:account_id>/statement/export/",
        statements.StatementExportView.as_view(),
        name="statement-export",
    ),
    path(
        "accounts/<str:account_id>/payments/new/",
        payments.PaymentNewView.as_view(),
        name="payment-new",
    ),
    path(
        "accounts/<str:account_id>/payments/policy/",
        policies.PaymentPolicyView.as_view(),
        name="payment-policy",
    ),
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
    path("payments/<int:pk>/", receipts.ReceiptView.as_view(), name="payment"),
    path("payments/<int:pk>/reverse/", reversals.ReversalView.as_view(), name="payment-reverse"),
]

"""Addresses about money: those of one account below /accounts/, the others below /payments/."""

from django.urls import path

from billing.views import history, payments, policies, receipts, reversals, statements

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
    path("payments/<int:pk>/", receipts.ReceiptView.as_view(), name="payment"),
    path("payments/<int:pk>/reverse/", reversals.ReversalView.as_view(), name="payment-reverse"),
]

"""Addresses about money: those of one account below /accounts/, the others below /payments/."""

from django.urls import path

from billing.views import payments, policies, receipts, reversals

app_name = "billing"

urlpatterns = [
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

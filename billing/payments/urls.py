"""Paying, the receipt, and taking back."""

from django.urls import path

from accounts.portal.urls import with_former
from billing.payments.views import paying as payments
from billing.payments.views import receipt as receipts
from billing.payments.views import reversing as reversals

urlpatterns = [
    path(
        "accounts/<str:account_id>/payments/new/",
        payments.PaymentNewView.as_view(),
        name="payment-new",
    ),
    *with_former("payments/<payment:pk>/", receipts.ReceiptView.as_view(), "payment"),
    *with_former(
        "payments/<payment:pk>/reverse/", reversals.ReversalView.as_view(), "payment-reverse"
    ),
]

"""Paying, the receipt, and taking back."""

from django.urls import path

from accounts.portal.urls import with_former
from billing.payments.views import paying, receipt, reversing, starting

urlpatterns = [
    path("payments/new/", starting.PaymentStartView.as_view(), name="payment-start"),
    path(
        "accounts/<str:account_id>/payments/new/effect/",
        starting.PaymentEffectView.as_view(),
        name="payment-effect",
    ),
    path(
        "accounts/<str:account_id>/payments/new/",
        paying.PaymentNewView.as_view(),
        name="payment-new",
    ),
    *with_former("payments/<payment:pk>/", receipt.ReceiptView.as_view(), "payment"),
    *with_former(
        "payments/<payment:pk>/reverse/", reversing.ReversalView.as_view(), "payment-reverse"
    ),
]

"""What administrators rule for the payments of an account."""

from django.urls import path

from billing.handing_out import views

urlpatterns = [
    path(
        "accounts/<str:account_id>/payments/policy/",
        views.PaymentPolicyView.as_view(),
        name="payment-policy",
    ),
]

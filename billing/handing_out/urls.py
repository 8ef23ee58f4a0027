"""What administrators rule for the payments of an account."""

from django.urls import path

from billing.handing_out import views as policies

urlpatterns = [
    path(
        "accounts/<str:account_id>/payments/policy/",
        policies.PaymentPolicyView.as_view(),
        name="payment-policy",
    ),
]

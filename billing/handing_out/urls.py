"""What administrators rule for the payments of an account, and rate groups of a selection."""

from django.urls import path

from billing.handing_out.views import policies, rate_groups

urlpatterns = [
    path(
        "accounts/<str:account_id>/payments/policy/",
        policies.PaymentPolicyView.as_view(),
        name="payment-policy",
    ),
    path(
        "rate-groups/give/",
        rate_groups.GiveRateGroupView.as_view(),
        name="rate-group-give",
    ),
]

"""Addresses below /approvals/."""

from django.urls import path

from accounts.views import approvals

urlpatterns = [
    path("", approvals.ApprovalsView.as_view(), name="approvals"),
    path("<int:pk>/", approvals.ApprovalView.as_view(), name="approval"),
]

"""Addresses below /approvals/."""

from django.urls import path

from accounts.former_urls import with_former
from accounts.models import SubAgentRequest
from accounts.object_paths import register_kind
from accounts.views import approvals

register_kind(SubAgentRequest.key_kind)

urlpatterns = [
    path("", approvals.ApprovalsView.as_view(), name="approvals"),
    *with_former("<request:pk>/", approvals.ApprovalView.as_view(), "approval"),
]

"""Addresses below /approvals/."""

from django.urls import path

from accounts.approvals import views as approvals
from accounts.approvals.models import SubAgentRequest
from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former

register_kind(SubAgentRequest.key_kind)

urlpatterns = [
    path("", approvals.ApprovalsView.as_view(), name="approvals"),
    *with_former("<request:pk>/", approvals.ApprovalView.as_view(), "approval"),
]

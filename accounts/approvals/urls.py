"""The queue of requests, and each of them."""

from django.urls import path

from accounts.approvals import views as approvals
from accounts.approvals.models import SubAgentRequest
from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former

register_kind(SubAgentRequest.key_kind)

urlpatterns = [
    path("approvals/", approvals.ApprovalsView.as_view(), name="approvals"),
    *with_former("approvals/<request:pk>/", approvals.ApprovalView.as_view(), "approval"),
]

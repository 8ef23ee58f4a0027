"""The queue of requests, and each of them."""

from django.urls import path

from accounts.approvals import views
from accounts.approvals.models import SubAgentRequest
from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former

register_kind(SubAgentRequest.key_kind)

urlpatterns = [
    path("approvals/", views.ApprovalsView.as_view(), name="approvals"),
    path("approvals/export/", views.ApprovalsExportView.as_view(), name="approvals-export"),
    *with_former("approvals/<request:pk>/", views.ApprovalView.as_view(), "approval"),
]

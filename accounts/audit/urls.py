"""The audit log, whole and of one account."""

from django.urls import path

from accounts.audit import views
from accounts.core.models import AuditEntry
from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former

register_kind(AuditEntry.key_kind)

# Below /accounts/.
account_patterns = [
    path("<str:account_id>/audit/", views.AuditLogView.as_view(), name="audit"),
    path(
        "<str:account_id>/audit/export/",
        views.AuditLogExportView.as_view(),
        name="audit-export",
    ),
]

urlpatterns = [
    path("audit/", views.AuditLogView.as_view(), name="audit"),
    path("audit/export/", views.AuditLogExportView.as_view(), name="audit-export"),
    *with_former("audit/<entry:pk>/", views.AuditEntryView.as_view(), "audit-entry"),
]

"""Addresses below /audit/."""

from django.urls import path

from accounts.audit import views as audit
from accounts.core.models import AuditEntry
from accounts.kit.object_paths import register_kind
from accounts.portal.urls import with_former

register_kind(AuditEntry.key_kind)

urlpatterns = [
    path("", audit.AuditLogView.as_view(), name="audit"),
    path("export/", audit.AuditLogExportView.as_view(), name="audit-export"),
    *with_former("<entry:pk>/", audit.AuditEntryView.as_view(), "audit-entry"),
]

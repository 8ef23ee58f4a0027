"""Addresses below /audit/."""

from django.urls import path

from accounts.former_urls import with_former
from accounts.models import AuditEntry
from accounts.object_paths import register_kind
from accounts.views import audit

register_kind(AuditEntry.key_kind)

urlpatterns = [
    path("", audit.AuditLogView.as_view(), name="audit"),
    path("export/", audit.AuditLogExportView.as_view(), name="audit-export"),
    *with_former("<entry:pk>/", audit.AuditEntryView.as_view(), "audit-entry"),
]

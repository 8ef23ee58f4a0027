"""Addresses below /audit/."""

from django.urls import path

from accounts.views import audit

urlpatterns = [
    path("", audit.AuditLogView.as_view(), name="audit"),
    path("export/", audit.AuditLogExportView.as_view(), name="audit-export"),
    path("<int:pk>/", audit.AuditEntryView.as_view(), name="audit-entry"),
]

"""The audit log in the Django admin: to look at."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.core.models import AuditEntry
from accounts.portal.admin import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditAdmin(ReadOnlyAdmin):
    """Who changed what. Nobody changes it."""

    list_display = ("at", "actor", "action", "account", "subject", "reason", "address")
    search_fields = ("actor__iexact", "account__iexact", "subject__iexact", "action__iexact")
    search_help_text = _("Actor, account ID, object or action, written out in full")
    ordering = ("-at", "-id")
    sortable_by = ("at",)

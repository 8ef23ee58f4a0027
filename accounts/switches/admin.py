"""Switches in the Django admin: to look at. They are changed in the portal alone."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.portal.admin import ReadOnlyAdmin
from accounts.switches.models import DoorRefusal, Switch


@admin.register(Switch)
class SwitchAdmin(ReadOnlyAdmin):
    """Which there are. What proves a key is shown to nobody."""

    list_display = ("name", "is_locked", "last_seen_at", "last_address", "key_made_at")
    list_filter = ("is_locked",)
    search_fields = ("name__icontains",)
    search_help_text = _("Name contains …")
    ordering = ("name", "pk")
    sortable_by = ()
    fields = (
        "name", "addresses", "is_locked", "note", "key_made_at", "last_seen_at", "last_address",
        "version", "created_at",
    )  # fmt: skip


@admin.register(DoorRefusal)
class DoorRefusalAdmin(ReadOnlyAdmin):
    """Who was refused at their door, by the hour."""

    list_display = ("hour", "address", "why", "switch", "count", "last_at")
    list_filter = ("why",)
    ordering = ("-hour", "-last_at", "pk")
    sortable_by = ()
    fields = ("hour", "address", "why", "switch", "count", "last_at")

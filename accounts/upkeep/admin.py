"""The results of checks in the Django admin: to look at, for whoever watches over the platform."""

from django.contrib import admin

from accounts.portal.admin import ReadOnlyAdmin
from accounts.upkeep.models import CheckResult


@admin.register(CheckResult)
class CheckResultAdmin(ReadOnlyAdmin):
    """What `manage.py check_all` found, the latest first."""

    list_display = ("at", "name", "is_sound", "seconds", "found")
    list_filter = ("is_sound", "name")
    ordering = ("-at", "-pk")
    sortable_by = ()

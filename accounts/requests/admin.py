"""Requests for authorizations in the Django admin: to look at."""

from django.contrib import admin

from accounts.portal.admin import OfAccountsAdmin
from accounts.requests.models import AuthorizationRequest


@admin.register(AuthorizationRequest)
class AuthorizationRequestAdmin(OfAccountsAdmin):
    """What was asked for, and the answer."""

    list_display = (
        "created_at", "account", "code", "status", "requester_name", "decided_at",
        "decided_by_name",
    )  # fmt: skip
    list_filter = ("status", "code")
    list_select_related = ("account",)
    search_fields = ("account__account_id__iexact",)
    ordering = ("-pk",)
    fields = (
        "account", "code", "status", "reason", "requester_name", "created_at", "decided_at",
        "decided_by_name", "answer",
    )  # fmt: skip
    path_to_account = "account"

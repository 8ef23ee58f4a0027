"""Requests in the Django admin: to look at. They are decided in the portal."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.approvals.models import SubAgentRequest
from accounts.authorizations.admin.records import numbered
from accounts.portal.admin import OfAccountsAdmin


@admin.register(SubAgentRequest)
class RequestAdmin(OfAccountsAdmin):
    """What was asked for, and how it was decided."""

    list_display = (
        "created_at", "kind", "status", "agent", "wanted", "requester_account", "requester_name",
        "decided_at", "decided_by_name",
    )  # fmt: skip
    list_filter = ("status", "kind")
    list_select_related = ("agent", "requester_account")
    search_fields = ("requester_account__account_id__iexact", "agent__account_id__iexact")
    ordering = ("-pk",)
    fields = (
        "kind", "status", "agent", "wanted", "authorizations", "reason", "requester_name",
        "requester_account", "created_at", "decided_at", "decided_by_name", "decision_reason",
    )  # fmt: skip
    path_to_account = "requester_account"

    @admin.display(description=_("new or moved account"))
    def wanted(self, one: SubAgentRequest) -> str:
        return str(one.fields.get("account_id", "–"))

    @admin.display(description=_("authorizations asked for"))
    def authorizations(self, one: SubAgentRequest) -> str:
        return numbered(one.codes)

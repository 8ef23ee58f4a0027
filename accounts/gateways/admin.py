"""Gateways in the Django admin: to look at. They are changed in the portal alone, where information
and capacity ask for an authorization each.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.gateways.models import Gateway, GatewayCeiling
from accounts.portal.admin import ReadOnlyAdmin


@admin.register(Gateway)
class GatewayAdmin(ReadOnlyAdmin):
    """What there is, and how many calls at a time. The password is shown to nobody."""

    list_display = (
        "name", "account", "direction", "protocol", "port", "where", "registration", "capacity",
        "priority", "weight", "is_locked", "updated_at",
    )  # fmt: skip
    list_select_related = ("account",)
    list_filter = ("direction", "protocol", "registration", "is_locked")
    search_fields = ("name__icontains", "account__account_id__iexact", "addresses__text__iexact")
    search_help_text = _("Name contains …, or account ID or address, written out in full")
    ordering = ("name", "pk")
    sortable_by = ()
    fields = (
        "name", "account", "direction", "protocol", "port", "where", "registration", "user_name",
        "codecs", "prefixes", "caller_rewrites", "callee_rewrites", "note", "is_locked", "version",
        "host", "transport", "priority", "weight", "routing_version",
        "capacity", "windows", "capacity_version", "created_at", "updated_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("addresses")

    @admin.display(description=_("addresses"))
    def where(self, gateway: Gateway) -> str:
        return ", ".join(one.text for one in gateway.addresses.all()) or "–"


@admin.register(GatewayCeiling)
class GatewayCeilingAdmin(ReadOnlyAdmin):
    """The most calls at a time that one gateway of an account, or below it, may have."""

    list_display = ("account", "calls")
    list_select_related = ("account",)
    search_fields = ("account__account_id__iexact",)
    search_help_text = _("Account ID, written out in full")
    ordering = ("account__account_id",)
    sortable_by = ()
    fields = ("account", "calls")

"""Rules about carriers in the Django admin: to look at. They are set in the portal."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.portal.admin import ReadOnlyAdmin
from billing.carriers.models import CarrierPolicy


@admin.register(CarrierPolicy)
class CarrierPolicyAdmin(ReadOnlyAdmin):
    """Which carriers an account is bound to, or kept from, and whether it is guarded."""

    list_display = ("account", "uses", "named", "guard")
    list_select_related = ("account",)
    list_filter = ("uses", "guard")
    search_fields = ("account__account_id__iexact",)
    search_help_text = _("Account ID, written out in full")
    ordering = ("account__account_id",)
    sortable_by = ()
    fields = ("account", "uses", "named", "guard", "version")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.prefetch_related("entries__carrier", "entries__gateway")

    @admin.display(description=_("carriers and gateways"))
    def named(self, policy: CarrierPolicy) -> str:
        names = [str(one.carrier or one.gateway) for one in policy.entries.all()]
        return ", ".join(sorted(names)) or "–"

"""Phones in the Django admin: to look at. They are managed in the portal; nothing of their
passwords is shown.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import operator_actor
from accounts.phones.models import Phone
from accounts.phones.queries import phones_of, with_numbers
from accounts.portal.admin import ReadOnlyAdmin


@admin.register(Phone)
class PhoneAdmin(ReadOnlyAdmin):
    """Which phones there are, whose, and how they are locked."""

    list_display = ("number", "account", "lock", "max_calls", "memo", "updated_at")
    list_filter = ("lock",)
    search_fields = ("number__exact", "numbers__number__exact", "account__account_id__iexact")
    search_help_text = _("Number, DID or account ID, written out in full")
    ordering = ("number",)
    sortable_by = ()
    fields = (
        "number", "account", "display_number", "all_dids", "lock", "max_calls", "codecs", "memo",
        "realm", "password_set_at", "created_at", "updated_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_numbers(phones_of(operator_actor(request.user)))

    @admin.display(description=_("DIDs"))
    def all_dids(self, phone: Phone) -> str:
        return ", ".join(phone.dids) or "–"

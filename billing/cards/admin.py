"""Phone cards in the Django admin: to look at, never to change."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.portal.admin import OfAccountsAdmin
from billing.cards.models import Card, CardBatch
from billing.wallets.admin import money_words


@admin.register(CardBatch)
class CardBatchAdmin(OfAccountsAdmin):
    """Batches of phone cards."""

    list_display = ("name", "account", "count", "released", "value", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("account",)
    search_fields = ("account__account_id__iexact",)
    ordering = ("-pk",)
    fields = (
        "name", "account", "count", "value", "pin_length", "valid_days", "expires_at", "rate_group",
        "ctd_billing_model", "number_preset", "memo",
        "state", "released", "created_at", "activated_at",
    )  # fmt: skip

    @admin.display(description=_("face value"))
    def value(self, batch: CardBatch) -> str:
        return money_words(batch.face_value)


@admin.register(Card)
class CardAdmin(OfAccountsAdmin):
    """Phone cards, without anything of their PINs."""

    path_to_account = "batch__account"
    list_display = ("serial", "batch", "status", "account", "activated_at")
    list_filter = ("status",)
    list_select_related = ("batch", "account")
    search_fields = ("serial__iexact",)
    search_help_text = _("Serial, written out in full")
    ordering = ("-pk",)
    fields = (
        "serial", "batch", "status", "released_at", "sold_at", "activated_at", "withdrawn_at",
        "expires_at", "account",
        "transaction",
    )  # fmt: skip

"""Wallets and the ledger in the Django admin: to look at, never to change."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import operator_actor
from accounts.core.querysets import in_scope
from accounts.portal.admin import ReadOnlyAdmin
from billing.cards.models import Card, CardBatch
from billing.ledger.models import Entry, Transaction
from billing.money import shown, signed
from billing.wallets.models import Wallet


class _LedgerAdmin(ReadOnlyAdmin):
    """One page after the other, the newest first; found by account id, written out in full."""

    search_help_text = _("Account ID, written out in full")
    sortable_by = ()
    show_full_result_count = False
    # Whose rows these are.
    path_to_account = "account"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.filter(in_scope(operator_actor(request.user).scope, self.path_to_account))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if "\x00" in search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)


def _money(value: Any, how: Any = shown) -> str:
    return "–" if value is None else f"{how(value)} {settings.CURRENCY}"


@admin.register(Wallet)
class WalletAdmin(_LedgerAdmin):
    """What every account has, and on which terms."""

    list_display = ("account", "has", "payment_mode", "limit", "threshold")
    list_filter = ("payment_mode", "is_unlimited")
    list_select_related = ("account",)
    search_fields = ("account__account_id__iexact",)
    ordering = ("pk",)
    fields = ("account", "has", "payment_mode", "limit", "threshold")

    @admin.display(description=_("balance"))
    def has(self, wallet: Wallet) -> str:
        return _money(wallet.balance)

    @admin.display(description=_("credit limit"))
    def limit(self, wallet: Wallet) -> Any:
        return _("unlimited") if wallet.is_unlimited else _money(wallet.credit_limit)

    @admin.display(description=_("low-balance threshold"))
    def threshold(self, wallet: Wallet) -> str:
        return _money(wallet.low_balance_threshold)


@admin.register(Transaction)
class TransactionAdmin(_LedgerAdmin):
    """Every movement: what, for whom, by whom, why."""

    list_display = ("pk", "at", "kind", "account", "moved", "method", "reference", "actor")
    list_filter = ("kind", "method")
    list_select_related = ("account",)
    search_fields = ("account__account_id__iexact", "reference__iexact")
    search_help_text = _("Account ID or reference, written out in full")
    ordering = ("-pk",)
    fields = (
        "at", "kind", "account", "moved", "method", "reference", "memo", "actor", "by_account",
        "reverses", "batch", "request_id",
    )  # fmt: skip

    @admin.display(description=_("amount"))
    def moved(self, one: Transaction) -> str:
        return _money(one.amount)


@admin.register(Entry)
class EntryAdmin(_LedgerAdmin):
    """Both sides of every movement, with the balance after it."""

    path_to_account = "transaction__account"
    list_display = ("pk", "at", "side", "transaction", "moved", "after")
    list_filter = ("house",)
    list_select_related = ("transaction", "wallet__account")
    search_fields = ("wallet__account__account_id__iexact",)
    ordering = ("-pk",)
    fields = ("at", "side", "transaction", "moved", "after")

    @admin.display(description=_("wallet or house account"))
    def side(self, entry: Entry) -> Any:
        return entry.wallet.account if entry.wallet else entry.get_house_display()

    @admin.display(description=_("amount"))
    def moved(self, entry: Entry) -> str:
        return _money(entry.amount, signed)

    @admin.display(description=_("balance after"))
    def after(self, entry: Entry) -> str:
        return _money(entry.balance_after)


@admin.register(CardBatch)
class CardBatchAdmin(_LedgerAdmin):
    """Batches of phone cards."""

    list_display = ("name", "account", "count", "released", "value", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("account",)
    search_fields = ("account__account_id__iexact",)
    ordering = ("-pk",)
    fields = (
        "name", "account", "count", "value", "pin_length", "valid_days", "expires_at", "memo",
        "state", "released", "created_at", "activated_at",
    )  # fmt: skip

    @admin.display(description=_("face value"))
    def value(self, batch: CardBatch) -> str:
        return _money(batch.face_value)


@admin.register(Card)
class CardAdmin(_LedgerAdmin):
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

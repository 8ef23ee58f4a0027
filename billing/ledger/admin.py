"""The ledger in the Django admin: to look at, never to change."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.portal.admin import OfAccountsAdmin
from billing.ledger.models import Entry, Transaction
from billing.money import signed
from billing.wallets.admin import money_words


@admin.register(Transaction)
class TransactionAdmin(OfAccountsAdmin):
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
        return money_words(one.amount)


@admin.register(Entry)
class EntryAdmin(OfAccountsAdmin):
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
        return money_words(entry.amount, signed)

    @admin.display(description=_("balance after"))
    def after(self, entry: Entry) -> str:
        return money_words(entry.balance_after)

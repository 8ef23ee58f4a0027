"""Wallets in the Django admin: to look at, never to change."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.portal.admin import OfAccountsAdmin
from billing.money import shown
from billing.wallets.models import Wallet


def money_words(value: Decimal | None, how: Callable[[Decimal], str] = shown) -> str:
    """An amount as a list of the admin shows it."""
    return "–" if value is None else f"{how(value)} {settings.CURRENCY}"


@admin.register(Wallet)
class WalletAdmin(OfAccountsAdmin):
    """What every account has, and on which terms."""

    list_display = ("account", "has", "payment_mode", "limit", "threshold", "rate_group")
    list_filter = ("payment_mode", "is_unlimited")
    list_select_related = ("account", "rate_group")
    search_fields = ("account__account_id__iexact",)
    ordering = ("pk",)
    fields = ("account", "has", "payment_mode", "limit", "threshold", "rate_group")

    @admin.display(description=_("balance"))
    def has(self, wallet: Wallet) -> str:
        return money_words(wallet.balance)

    @admin.display(description=_("credit limit"))
    def limit(self, wallet: Wallet) -> Any:
        return _("unlimited") if wallet.is_unlimited else money_words(wallet.credit_limit)

    @admin.display(description=_("low-balance threshold"))
    def threshold(self, wallet: Wallet) -> str:
        return money_words(wallet.low_balance_threshold)

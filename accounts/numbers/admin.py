"""Number sections in the Django admin: to look at. They are kept in the portal."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.numbers.models import NumberRule
from accounts.portal.admin import OfAccountsAdmin


@admin.register(NumberRule)
class NumberRuleAdmin(OfAccountsAdmin):
    """What may be called and assigned; a rule without an account is the platform's."""

    list_display = ("whose", "purpose", "effect", "numbers", "note", "added_at")
    list_filter = ("purpose", "effect")
    list_select_related = ("account",)
    search_fields = ("account__account_id__iexact",)
    ordering = ("account", "purpose", "begin", "pk")
    fields = ("whose", "purpose", "effect", "numbers", "note", "added_at")

    @admin.display(description=_("account"))
    def whose(self, rule: NumberRule) -> Any:
        return rule.account.account_id if rule.account else _("the platform")

    @admin.display(description=_("numbers"))
    def numbers(self, rule: NumberRule) -> str:
        return str(rule.section)

"""Templates and grants in the Django admin: to look at; kept and reviewed in the portal."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.admin.grants import risk_words
from accounts.core.authorizations import codes_from, in_order
from accounts.core.models import AccountGrant, AuthorizationTemplate
from accounts.portal.admin import OfAccountsAdmin


def numbered(codes: Iterable[str]) -> str:
    """Authorizations with their numbers."""
    return ", ".join(f"{one.number} {one.label}" for one in in_order(codes_from(codes))) or "–"


@admin.register(AuthorizationTemplate)
class TemplateAdmin(OfAccountsAdmin):
    """Named sets of authorizations: the platform's, and those that agents keep for themselves."""

    list_display = ("name", "whose", "kind", "authorizations", "note")
    list_filter = ("kind",)
    list_select_related = ("owner",)
    search_fields = ("owner__account_id__iexact", "name__iexact")
    search_help_text = _("Name or account ID, written out in full")
    ordering = ("owner", "-kind", "position", "pk")
    fields = ("name", "whose", "kind", "authorizations", "note")
    path_to_account = "owner"

    @admin.display(description=_("account"))
    def whose(self, template: AuthorizationTemplate) -> Any:
        return template.owner.account_id if template.owner else _("the platform")

    @admin.display(description=_("authorizations"))
    def authorizations(self, template: AuthorizationTemplate) -> str:
        return numbered(template.codes)


@admin.register(AccountGrant)
class GrantAdmin(OfAccountsAdmin):
    """Every grant with its reason and its last review."""

    list_display = (
        "account", "authorization", "granted_at", "granted_by", "reason", "reviewed_at",
        "reviewed_by",
    )  # fmt: skip
    list_select_related = ("content_object", "permission", "granted_by", "reviewed_by")
    search_fields = ("content_object__account_id__iexact",)
    ordering = ("-granted_at", "-pk")
    fields = (
        "account", "authorization", "risk", "granted_at", "granted_by", "reason",
        "reviewed_at", "reviewed_by", "review_note",
    )  # fmt: skip
    path_to_account = "content_object"

    @admin.display(description=_("account"))
    def account(self, grant: AccountGrant) -> str:
        return grant.content_object.account_id

    @admin.display(description=_("authorization"))
    def authorization(self, grant: AccountGrant) -> str:
        return numbered([grant.permission.codename])

    @admin.display(description=_("risk"))
    def risk(self, grant: AccountGrant) -> Any:
        found = codes_from([grant.permission.codename])
        return risk_words(next(iter(found))) if found else "–"

"""Number sections, templates, approvals and reviews in the Django admin: to look at. They are kept
and decided in the portal.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.approvals.models import SubAgentRequest
from accounts.authorizations.admin.grants import risk_words
from accounts.core.actor import operator_actor
from accounts.core.authorizations import codes_from, in_order
from accounts.core.models import AccountGrant, AuthorizationTemplate
from accounts.core.querysets import in_scope
from accounts.numbers.models import NumberRule
from accounts.portal.admin import ReadOnlyAdmin


class _OfAccounts(ReadOnlyAdmin):
    """Rows of accounts within the operator's reach, found by account ID, written out in full."""

    search_help_text = _("Account ID, written out in full")
    sortable_by = ()
    # Whose rows these are.
    path_to_account = "account"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.filter(in_scope(operator_actor(request.user).scope, self.path_to_account))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if "\x00" in search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)


def _numbered(codes: Iterable[str]) -> str:
    return ", ".join(f"{one.number} {one.label}" for one in in_order(codes_from(codes))) or "–"


@admin.register(NumberRule)
class NumberRuleAdmin(_OfAccounts):
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


@admin.register(AuthorizationTemplate)
class TemplateAdmin(_OfAccounts):
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
        return _numbered(template.codes)


@admin.register(SubAgentRequest)
class RequestAdmin(_OfAccounts):
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
        return _numbered(one.codes)


@admin.register(AccountGrant)
class GrantAdmin(_OfAccounts):
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
        return _numbered([grant.permission.codename])

    @admin.display(description=_("risk"))
    def risk(self, grant: AccountGrant) -> Any:
        found = codes_from([grant.permission.codename])
        return risk_words(next(iter(found))) if found else "–"

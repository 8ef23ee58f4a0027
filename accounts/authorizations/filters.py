"""What the matrix of authorizations, the review of grants and templates can be narrowed by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.queries.holders import holders, unlike_their_agent, with_grant
from accounts.authorizations.queries.reviews import Which
from accounts.authorizations.queries.templates import templates_used
from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization, Risk
from accounts.core.models import Account, AccountGrant, AuthorizationTemplate
from accounts.core.querysets import AccountQuerySet, in_scope
from accounts.core.scope import Scope

AGENTS, HOLDERS, EVERYBODY = "agents", "holders", "all"


class HolderFilter(django_filters.FilterSet):
    """Filters of accounts by what they hold. `own_pk` is the viewer's own account; `with_who`: of a
    list whose accounts are chosen by kind.
    """

    q = django_filters.CharFilter(method="filter_q", label=_("Account ID or name"), max_length=100)
    who = django_filters.ChoiceFilter(
        choices=[(AGENTS, _("Agents")), (HOLDERS, _("Holders")), (EVERYBODY, _("All accounts"))],
        method="filter_who",
        label=_("Accounts"),
        empty_label=_("Agents and holders"),
    )
    code = django_filters.ChoiceFilter(
        choices=lambda: [(one.value, f"{one.number} {one.label}") for one in Authorization],
        method="filter_code",
        label=_("Authorization"),
        empty_label=_("Any"),
    )
    held = django_filters.ChoiceFilter(
        choices=[("no", _("Who does not hold it"))],
        method="filter_held",
        label=_("Of that authorization"),
        empty_label=_("Who holds it"),
    )
    differs = django_filters.ChoiceFilter(
        choices=[("on", _("Holds less than it"))],
        method="filter_differs",
        label=_("Differs from its agent"),
        empty_label=_("Any"),
    )

    class Meta:
        model = Account
        fields = ()

    def __init__(
        self, *args: Any, own_pk: int | None = None, with_who: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.own_pk = own_pk
        if not with_who:
            del self.filters["who"]

    def filter_q(self, rows: AccountQuerySet, _name: str, text: str) -> AccountQuerySet:
        return rows.matching(text.strip())

    def filter_who(self, rows: AccountQuerySet, _name: str, who: str) -> AccountQuerySet:
        """What "all" widens is widened by the list itself."""
        if who == AGENTS:
            return rows.agents()
        return holders(rows) if who == HOLDERS else rows

    def filter_code(self, rows: AccountQuerySet, _name: str, code: str) -> AccountQuerySet:
        is_held = self.form.cleaned_data.get("held") != "no"
        return with_grant(rows, Authorization(code), is_held=is_held)

    def filter_held(self, rows: AccountQuerySet, _name: str, _held: str) -> AccountQuerySet:
        """Asked together with the authorization."""
        return rows

    def filter_differs(self, rows: AccountQuerySet, _name: str, _on: str) -> AccountQuerySet:
        return unlike_their_agent(rows, self.own_pk)


class ReviewFilter(django_filters.FilterSet):
    """Filters of grants that are reviewed. `accounts` is the viewer's scope."""

    q = django_filters.CharFilter(
        field_name="content_object__account_id",
        lookup_expr="icontains",
        label=_("Account ID"),
        max_length=32,
    )
    show = django_filters.ChoiceFilter(
        choices=[(Which.DUE, _("Due")), (Which.REVIEWED, _("Reviewed")), (Which.ALL, _("All"))],
        method="filter_show",
        label=_("Which grants"),
        empty_label=_("Unused"),
    )
    code = django_filters.ChoiceFilter(
        choices=lambda: [(one.value, f"{one.number} {one.label}") for one in Authorization],
        label=_("Authorization"),
        empty_label=_("All"),
    )
    risk = django_filters.ChoiceFilter(
        choices=[(Risk.HIGH, _("High")), (Risk.MEDIUM, _("Medium"))],
        method="filter_risk",
        label=_("Risk"),
        empty_label=_("All"),
    )
    agent = django_filters.CharFilter(
        method="filter_agent",
        label=_("Account and below"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = AccountGrant
        fields: list[str] = []

    def __init__(self, *args: Any, accounts: AccountQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = accounts

    def filter_show(
        self, rows: "QuerySet[Any, Any]", _name: str, _show: str
    ) -> "QuerySet[Any, Any]":
        """What is reviewed is chosen by the list itself."""
        return rows

    def filter_risk(
        self, rows: "QuerySet[Any, Any]", _name: str, risk: str
    ) -> "QuerySet[Any, Any]":
        return rows.filter(code__in=[one.value for one in Authorization if one.risk == risk])

    def filter_agent(
        self, rows: "QuerySet[Any, Any]", _name: str, text: str
    ) -> "QuerySet[Any, Any]":
        # A foreign id finds nothing, like any other.
        account = self.accounts.called(text.strip()).first()
        if account is None:
            return rows.none()
        return rows.filter(in_scope(Scope.of(account.pk), "content_object"))


class TemplateFilter(django_filters.FilterSet):
    """Filters of templates by what they hold, whose they are and whether they are in use."""

    q = django_filters.CharFilter(method="filter_q", label=_("Name or note"), max_length=60)
    kind = django_filters.ChoiceFilter(
        choices=AuthorizationTemplate.Kind.choices, label=_("Kind"), empty_label=_("Any")
    )
    owner = django_filters.ChoiceFilter(
        choices=[("own", _("Yours")), ("platform", _("The platform's"))],
        method="filter_owner",
        label=_("Whose"),
        empty_label=_("Any"),
    )
    code = django_filters.ChoiceFilter(
        choices=lambda: [(one.value, f"{one.number} {one.label}") for one in Authorization],
        method="filter_code",
        label=_("Authorization"),
        empty_label=_("Any"),
    )
    use = django_filters.ChoiceFilter(
        choices=[("some", _("In use")), ("none", _("Not in use"))],
        method="filter_use",
        label=_("Use"),
        empty_label=_("Any"),
    )

    class Meta:
        model = AuthorizationTemplate
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        if actor.own is None:
            # They keep the platform's, and see no others.
            del self.filters["owner"]

    def filter_q(
        self, rows: QuerySet[AuthorizationTemplate], _name: str, text: str
    ) -> QuerySet[AuthorizationTemplate]:
        return rows.filter(Q(name__icontains=text) | Q(note__icontains=text))

    def filter_owner(
        self, rows: QuerySet[AuthorizationTemplate], _name: str, owner: str
    ) -> QuerySet[AuthorizationTemplate]:
        return rows.filter(owner__isnull=owner == "platform")

    def filter_code(
        self, rows: QuerySet[AuthorizationTemplate], _name: str, code: str
    ) -> QuerySet[AuthorizationTemplate]:
        # SQLite does not look into JSON; codes are words without quotes in them.
        return rows.annotate(held=Cast("codes", TextField())).filter(held__icontains=f'"{code}"')

    def filter_use(
        self, rows: QuerySet[AuthorizationTemplate], _name: str, use: str
    ) -> QuerySet[AuthorizationTemplate]:
        return templates_used(self.actor, rows, is_used=use == "some")

"""What the matrix of authorizations can be narrowed by."""

from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.queries.holders import holders, unlike_their_agent, with_grant
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet

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

"""Sub account management: the lists of accounts, and their exports."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.decisions import Decision
from accounts.core.exports import Export
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import count_of_trees
from accounts.kit.addresses import address_of
from accounts.kit.pagination import Page, SortKey
from accounts.kit.sheets_out import offered
from accounts.portal.actions import row_actions
from accounts.portal.breadcrumbs import ways_to
from accounts.portal.counted import with_counts
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column, for_files
from accounts.portal.lists.parts import Bulk, Button, Deed, Empty, Words
from accounts.portal.lists.state import COUNTED, ListState
from accounts.portal.lists.views.chosen import ChosenColumns
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage
from accounts.portal.registry import registry
from accounts.portal.views.base import PortalView
from accounts.tree.columns import (
    BY_ACCOUNT_ID,
    TREE_ORDER,
    all_columns,
    columns_of_file,
    default_columns,
)
from accounts.tree.filters import AccountFilter
from accounts.tree.lists import views_counted
from accounts.tree.queries.below import counts_below
from accounts.tree.queries.listed import first_page, listed
from accounts.tree.tables.accounts import Acts, Row, rows_of

COLUMNS_KEPT = "list_columns"


class AccountsView(ChosenColumns):
    """What every list of accounts has in common. `subject` is the agent whose list it is, or None
    for the platform's own.
    """

    abstract = True
    what = "accounts"
    heading = gettext_lazy("Accounts")
    tab = "sub-accounts"
    template = "accounts/tree/lists/list.html"
    has_asof = True
    filter_class = AccountFilter
    columns_key = COLUMNS_KEPT
    tick_name = "account"
    has_acts = True
    words = Words(
        search=gettext_lazy("Search and filter these accounts"),
        direct=gettext_lazy("the first level: accounts directly below it"),
        all=gettext_lazy("every level below it, with level and path"),
        every=gettext_lazy("All accounts"),
        find=gettext_lazy("Account ID, name or memo"),
        find_hint=gettext_lazy("ID, name or memo"),
        no_match=gettext_lazy("No account matches these filters"),
        ticked=gettext_lazy("Selected accounts"),
    )

    def base(self, is_all: bool) -> AccountQuerySet:
        subject_pk = None if self.subject is None else self.subject.pk
        return listed(self.accounts, subject_pk, is_all=is_all)

    def page_at(self, state: ListState, names: Collection[str], size: int, cursor: str) -> Page:
        counted = any(one.name in names for one in registry.counted)
        if cursor or counted or not state.is_untouched:
            return super().page_at(state, names, size, cursor)
        _name, key, _descending = state.order
        return first_page(self.actor, self.subject, key, is_all=state.is_all, size=size)

    @cached_property
    def counts(self) -> dict[str, int]:
        """What Direct and All ("whole") hold, whatever the filters say; of one account its logins
        and what packages have a notice for as well. One query.
        """
        if self.subject is None:
            roots, whole = count_of_trees(self.actor.scope)
            return {"direct": roots, "whole": whole}
        counts = counts_below(self.actor.scope, self.subject.pk)
        return {**counts, "whole": self.subject.sub_account_count}

    @cached_property
    def manage(self) -> Decision:
        return decide(self.actor, Authorization.MANAGE_ACCOUNT, self.subject, is_agent_id=True)

    @cached_property
    def known_columns(self) -> Sequence[Column]:
        return all_columns()

    def all_columns(self) -> Sequence[Column]:
        return self.known_columns

    def product_views(self) -> Sequence[ProductView]:
        return registry.list_views

    def counted(
        self, views: Mapping[str, ProductView], is_all: bool, most: int
    ) -> Mapping[str, int]:
        if not all(one.is_steady for one in views.values()):
            return super().counted(views, is_all, most)
        asked = {name: one.asks for name, one in views.items()}
        return views_counted(self.actor, self.subject, asked, is_all=is_all, most=most)

    def default_columns(self, is_all: bool) -> Sequence[str]:
        return default_columns(is_all)

    def columns_url(self) -> str:
        return reverse("accounts:columns")

    def file_columns(self, state: ListState) -> Sequence[Column]:
        """As on screen, or `columns=all`."""
        if state.parameters.get("columns") == "all":
            return for_files(all_columns())
        return columns_of_file([one.name for one in self.shown_columns(state)])

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"base_level": max(len(self.actor.chain) - 1, 0), "actor": self.actor}

    def order(self, is_all: bool) -> tuple[str, SortKey, bool]:
        if is_all and self.subject is not None:
            return "", TREE_ORDER, False
        return "account_id", BY_ACCOUNT_ID, False

    def order_words(self, state: ListState) -> str:
        if state.order[1] is TREE_ORDER:
            return _("In the order of the tree")
        return super().order_words(state)

    def read_with(self, rows: QuerySet[Any], names: Collection[str]) -> QuerySet[Any]:
        assert isinstance(rows, AccountQuerySet)
        return with_counts(rows, names, self.actor.scope)

    def rows(self, objects: Sequence[Any], names: Collection[str]) -> list[Row]:
        accounts = [*objects, self.subject] if self.subject else objects
        ways = ways_to(self.request, [one.pk for one in accounts])
        return rows_of(self.actor, objects, names, ways)

    def file_rows(self, objects: Sequence[Any], names: Collection[str]) -> list[Row]:
        return rows_of(self.actor, objects, names)

    def key(self, row: Row) -> str:
        return row.account_id

    def attributes(self, row: Row) -> Mapping[str, str]:
        return {"data-account": row.account_id}

    def acts(self, row: Row) -> Any:
        return self._acts.of(row)

    @cached_property
    def _acts(self) -> Acts:
        return Acts(self.actor)

    def is_all(self, parameters: QueryDict) -> bool:
        return parameters.get("show") == "all"

    def shows(self, state: ListState) -> list[dict[str, Any]]:
        return self.both(state, self.counts["direct"], self.counts["whole"])

    def may_widen(self, state: ListState, shows: Sequence[Any]) -> bool:
        return not state.is_all and self.counts["whole"] > self.counts["direct"]

    def count(self, state: ListState) -> int:
        if state.active:
            return state.count
        return min(self.counts["whole" if state.is_all else "direct"], COUNTED + 1)

    def head_more(self, state: ListState) -> dict[str, Any]:
        return {"page": _("Sub-accounts"), "counts": {"logins": self.counts["logins"]}}

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        return [Button(_("Add account"), self.new_url(), "plus", is_primary=True)]

    def bulk(self, state: ListState) -> Bulk:
        deeds = [
            Deed("lock", _("Lock…"), "lock"),
            Deed("unlock", _("Unlock…"), "unlock"),
            Deed("move", _("Move…"), "move"),
        ]
        others = [
            Deed(one.name, one.label, one.icon, one.url())
            for one in registry.bulk_actions
            if not one.reason(self.actor, self.subject)
        ]
        return Bulk(
            reverse("accounts:bulk"),
            [*(deeds if self.manage.is_allowed else ()), *others],
            [
                ("agent_list", self.subject.account_id if self.subject else ""),
                ("query", state.parameters.urlencode()),
            ],
            "" if self.manage.is_allowed else self.manage.sentence,
            self.count(state),
            self.count_text(state),
        )

    def first_use(self, state: ListState) -> Empty:
        if self.subject is None:
            text = _("Add the first one: an agent, or a customer of your own.")
            return Empty(_("No accounts yet"), text, self.new_url(), _("Add account"), "plus")
        title = _("No sub-accounts yet")
        text = _("The account becomes an agent when the first is added, and appears in the tree.")
        if not self.manage.is_allowed:
            return Empty(title, text)
        return Empty(title, text, self.new_url(), _("Add sub-account"), "plus")

    def more(self, state: ListState) -> dict[str, Any]:
        return {
            **super().more(state),
            "direct": self.counts["direct"],
            "whole": self.counts["whole"],
            "notices": [
                {"template": one.template, "count": self.counts[one.name]}
                for one in registry.list_notices
                if self.counts.get(one.name)
            ],
            "above": "accounts/tree/lists/_changed.html",
        }

    def caption(self, state: ListState) -> str:
        if self.subject is None:
            return _("All accounts") if state.is_all else _("Top-level accounts")
        if state.is_all:
            return _("All sub-accounts of %(account)s") % {"account": self.subject}
        return _("Direct sub-accounts of %(account)s") % {"account": self.subject}

    def new_url(self) -> str:
        url = reverse("accounts:new")
        return f"{url}?agent={self.subject.account_id}" if self.subject else url

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("accounts:export")
        return reverse("accounts:sub-accounts-export", args=[self.subject.account_id])

    def exports(self, state: ListState, url: str) -> list[tuple[str, str]]:
        def where(kind: str) -> str:
            return f"{url}{state.address(format=kind)}"

        these = offered(where, _("%(kind)s, these columns"))
        every = offered(lambda kind: f"{where(kind)}&columns=all", _("%(kind)s, all columns"))
        return [one for both in zip(these, every, strict=True) for one in both]

    def file_name(self) -> str:
        return f"{self.subject.account_id if self.subject else 'accounts'}-sub-accounts"


class AccountListView(ListPage, AccountsView):
    """The platform's accounts for administrators; everybody else sees the own account's list."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str = "") -> HttpResponseBase:
        if self.actor.own is not None:
            url = address_of("accounts:sub-accounts", self.actor.own.account_id)
            asked = request.GET.urlencode()
            return redirect(f"{url}?{asked}" if asked else url)
        return super().get(request)


class AccountListExportView(ListExport, AccountsView):
    """The platform's accounts as a file; for everybody else the own account's list."""

    authorization = None

    def exported(self, request: HttpRequest, account_id: str = "") -> Export:
        own = self.actor.own
        return super().exported(request, own.account_id if own is not None else "")


class SubAccountsView(ListPage, AccountsView):
    """Sub account management of one agent."""

    authorization = None

    def title(self, state: ListState) -> Any:
        words = _("Sub account management of %(account)s")
        return words % {"account": self.subject} if self.subject else self.caption(state)


class SubAccountsExportView(ListExport, AccountsView):
    """The sub-accounts of one agent as a file."""

    authorization = None


class RowMenuView(PortalView):
    """What can be done with one account: the entries of its row's menu."""

    authorization = None
    records_refusals = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        items = row_actions(self.actor, account)
        return render(
            request,
            "components/_menu_items.html",
            {"items": items, "uid": f"row-{account.account_id}"},
        )

"""Sub account management: the lists of accounts, their columns and their exports."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.exports import export_recorded
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.counting import count_each
from accounts.kit.pagination import BadCursor, Page, SortKey, page
from accounts.kit.sheets_out import FORMATS, MOST_ROWS, kind_asked, stream
from accounts.logins.services import preferences
from accounts.portal.actions import row_actions
from accounts.portal.breadcrumbs import ways_to
from accounts.portal.counted import with_counts
from accounts.portal.registry import registry
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from accounts.tree.columns import COLUMNS, TREE_ORDER, all_columns, chosen_columns
from accounts.tree.filters import AccountFilter
from accounts.tree.tables.accounts import AccountTable, display_rows

COLUMNS_KEPT = "list_columns"
_COUNTED = 10_000


class ListState:
    """What a list shows, read from its address: Direct or All, filters, order, page."""

    def __init__(self, view: "AccountsView", parameters: QueryDict) -> None:
        self.parameters = parameters
        self.subject = view.subject
        self.show_all = parameters.get("show", view.default_show) == "all"
        self.base = view.base(self.show_all)
        actor = view.actor
        self.filter = AccountFilter(
            parameters, queryset=self.base, base_level=max(len(actor.chain) - 1, 0)
        )
        self.is_valid = self.filter.is_valid()
        self.matching: AccountQuerySet = self.filter.qs if self.is_valid else self.base.none()
        self.active = {
            name: value
            for name, value in self.filter.form.data.items()
            if name in self.filter.filters and str(value).strip()
        }

    @cached_property
    def order(self) -> tuple[str, SortKey, bool]:
        """(name as in the address, key, descending)."""
        asked = self.parameters.get("sort", "")
        column = all_columns().get(asked.removeprefix("-"))
        if column and column.sort and (self.show_all or not column.only_all):
            return asked, column.sort, asked.startswith("-")
        if self.show_all and self.subject is not None:
            return "", TREE_ORDER, False
        assert COLUMNS["account_id"].sort is not None
        return "account_id", COLUMNS["account_id"].sort, False

    def address(self, **changes: Any) -> str:
        """The same list with some parameters changed; None removes one. The cursor never stays."""
        parameters = self.parameters.copy()
        parameters.pop("cursor", None)
        for name, value in changes.items():
            parameters.pop(name, None)
            if value is not None:
                parameters[name] = value
        return "?" + parameters.urlencode()


class AccountsView(PortalView):
    """What every list of accounts has in common. `subject` is the agent whose list it is, or None
    for the platform's own.
    """

    abstract = True
    subject: Account | None = None
    default_show = "direct"

    def base(self, show_all: bool) -> AccountQuerySet:
        """The accounts the list is about, before any filter."""
        listed = self.accounts.select_related("detail")
        if self.subject is None:
            return listed if show_all else listed.filter(parent=None)
        return listed.below(self.subject.pk) if show_all else listed.directly_below(self.subject.pk)

    def counts(self) -> dict[str, int]:
        """What Direct and All ("whole") hold, whatever the filters say; of one account its logins
        and what packages have a notice for as well. One query.
        """
        if self.subject is None:
            return count_each(direct=self.accounts.filter(parent=None), whole=self.accounts)
        counts = count_each(
            direct=self.accounts.directly_below(self.subject.pk),
            logins=self.subject.logins.all(),
            **{one.name: one.rows(self.actor, self.subject) for one in registry.list_notices},
        )
        return {**counts, "whole": self.subject.sub_account_count}

    def names(self, state: ListState) -> list[str]:
        kept = self.request.user.preferences.get(COLUMNS_KEPT)  # type: ignore[union-attr]
        return chosen_columns(kept, show_all=state.show_all)

    def list_page(self, request: HttpRequest, state: ListState) -> HttpResponse:
        order, key, descending = state.order
        size = self.page_size(state)
        names = self.names(state)
        matching_rows = with_counts(state.matching, names, self.actor.scope)
        notice = ""
        try:
            shown = page(
                matching_rows,
                key,
                descending=descending,
                size=size,
                cursor=request.GET.get("cursor", ""),
            )
        except BadCursor:
            notice = _("That page cannot be found any more. This is the first page.")
            shown = page(matching_rows, key, descending=descending, size=size)
        counts = self.counts()
        direct, whole = counts["direct"], counts["whole"]
        total = whole if state.show_all else direct
        matching = self.matching_count(state, total)
        ways = ways_to(request, [one.pk for one in (*shown.rows, self.subject) if one])
        pager = self.pager(state, shown, size, matching)
        table = AccountTable(
            display_rows(self.actor, shown.rows, names, ways),
            names,
            order=order,
            caption=self.caption(state),
            bulk_id="bulk",
            pager=pager,
        )
        manage = decide(self.actor, Authorization.MANAGE_ACCOUNT, self.subject, is_agent_id=True)
        context = {
            **self.page_head(request, counts),
            "state": state,
            "table": table,
            "has_rows": bool(shown.rows),
            "shows": [
                {
                    "label": _("Direct"),
                    "url": state.address(show="direct", sort=None),
                    "current": not state.show_all,
                    "count": number_format(direct, force_grouping=True),
                },
                {
                    "label": _("All"),
                    "url": state.address(show="all", sort=None),
                    "current": state.show_all,
                    "count": number_format(whole, force_grouping=True),
                },
            ],
            "direct": direct,
            "whole": whole,
            "total": matching,
            "matching_text": self.count_text(matching),
            "chips": self.chips(state),
            "clear_url": self.cleared(state),
            "search_all_url": self.cleared(state, show="all", q=request.GET.get("q", "")),
            "columns": self.column_choice(state),
            "exports": [
                (name.upper(), f"{self.export_url()}{state.address(format=name)}")
                for name in FORMATS
            ],
            "notice": notice,
            "as_of": timezone.localtime(),
            "zone": timezone.get_current_timezone_name(),
            "may_manage": manage.is_allowed,
            "why_not": "" if manage.is_allowed else manage.sentence,
            "new_url": self.new_url(),
            "bulk_actions": [
                one for one in registry.bulk_actions if not one.reason(self.actor, self.subject)
            ],
            "bulk_query": state.parameters.urlencode(),
            "notices": [
                {"template": one.template, "count": counts[one.name]}
                for one in registry.list_notices
                if counts.get(one.name)
            ],
        }
        template = "accounts/tree/lists/list.html"
        return render(request, template, context, status=200 if state.is_valid else 422)

    def page_head(self, request: HttpRequest, counts: Mapping[str, int]) -> dict[str, Any]:
        if self.subject is None:
            return {"account": None, "crumbs": [(_("Accounts"), "")]}
        return account_head(
            request,
            self.subject,
            current="sub-accounts",
            page=_("Sub-accounts"),
            counts={"logins": counts["logins"]},
        )

    def page_size(self, state: ListState) -> int:
        asked = state.parameters.get("size", "")
        if asked.isascii() and asked.isdigit() and int(asked[:4]) in preferences.PAGE_SIZES:
            return int(asked)
        return preferences.page_size(self.request.user)  # type: ignore[arg-type]

    def matching_count(self, state: ListState, total: int) -> int:
        """How many match; exact up to 10,000 and 10,001 for more."""
        if not state.active:
            return min(total, _COUNTED + 1)
        return state.matching.order_by()[: _COUNTED + 1].count()

    def count_text(self, count: int) -> str:
        if count > _COUNTED:
            return _("more than %(count)s") % {
                "count": number_format(_COUNTED, force_grouping=True)
            }
        return number_format(count, force_grouping=True)

    def pager(self, state: ListState, shown: Page, size: int, matching: int) -> dict[str, Any]:
        return {
            "text": _("%(shown)s of %(total)s shown")
            % {"shown": len(shown.rows), "total": self.count_text(matching)},
            "newer_url": state.address() + "&" + urlencode({"cursor": shown.before})
            if shown.before
            else "",
            "older_url": state.address() + "&" + urlencode({"cursor": shown.after})
            if shown.after
            else "",
            "first_url": state.address(),
            "sizes": [(n, state.address(size=n), n == size) for n in preferences.PAGE_SIZES],
        }

    def chips(self, state: ListState) -> list[dict[str, Any]]:
        chips = []
        for name, value in state.active.items():
            one = state.filter.filters[name]
            choices = dict(one.extra.get("choices", ()))
            chips.append(
                {
                    "name": one.label,
                    "value": choices.get(value, value),
                    "url": state.address(**{name: None}),
                }
            )
        return chips

    def cleared(self, state: ListState, **keep: str) -> str:
        return state.address(
            **{name: None for name in state.filter.filters if name not in keep},
            **{name: value or None for name, value in keep.items()},
        )

    def column_choice(self, state: ListState) -> list[tuple[str, Any, bool]]:
        """(name, label, shown) of every column that can be chosen: the shown ones first."""
        known = all_columns()
        kept = self.request.user.preferences.get(COLUMNS_KEPT)  # type: ignore[union-attr]
        shown = chosen_columns(kept, show_all=True)
        rest = [name for name in known if name not in shown]
        return [
            (name, known[name].label, name in shown)
            for name in [*shown, *rest]
            if name != "account_id"
        ]

    def caption(self, state: ListState) -> str:
        if self.subject is None:
            return _("All accounts") if state.show_all else _("Top-level accounts")
        if state.show_all:
            return _("All sub-accounts of %(account)s") % {"account": self.subject}
        return _("Direct sub-accounts of %(account)s") % {"account": self.subject}

    def new_url(self) -> str:
        url = reverse("accounts:new")
        return f"{url}?agent={self.subject.account_id}" if self.subject else url

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("accounts:export")
        return reverse("accounts:sub-accounts-export", args=[self.subject.account_id])

    def export(self, request: HttpRequest, state: ListState) -> HttpResponseBase:
        """The list as a file: columns, filters and order as on screen, or `columns=all`."""
        kind = kind_asked(request)
        order, key, descending = state.order
        names = self.names(state)
        if request.GET.get("columns") == "all":
            names = list(all_columns())
        rows = min(state.matching.count(), MOST_ROWS)
        filters: Mapping[str, Any] = {
            **state.active,
            "show": "all" if state.show_all else "direct",
            "sort": order,
        }
        export_recorded(
            actor=self.actor, what="accounts", account=self.subject, filters=filters, rows=rows
        )
        return stream(
            kind,
            actor=self.actor,
            matching=state.matching,
            key=key,
            descending=descending,
            names=names,
            name=f"{self.subject.account_id if self.subject else 'accounts'}-sub-accounts",
        )


class AccountListView(AccountsView):
    """The platform's accounts for administrators; everybody else sees the own account's list."""

    authorization = None
    default_show = "direct"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if self.actor.own is not None:
            return redirect("accounts:sub-accounts", self.actor.own.account_id)
        return self.list_page(request, ListState(self, request.GET))


class AccountListExportView(AccountsView):
    """The platform's accounts as a file; for everybody else the own account's list."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if self.actor.own is not None:
            self.subject = self.get_account(self.actor.own.account_id)
        return self.export(request, ListState(self, request.GET))


class SubAccountsView(AccountsView):
    """Sub account management of one agent."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponseBase:
        self.subject = self.get_account(account_id)
        return self.list_page(request, ListState(self, request.GET))


class SubAccountsExportView(AccountsView):
    """The sub-accounts of one agent as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponseBase:
        self.subject = self.get_account(account_id)
        return self.export(request, ListState(self, request.GET))


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

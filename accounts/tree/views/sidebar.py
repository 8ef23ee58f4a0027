"""The navigation tree's own addresses: the whole page, its lazy parts, and how open pages follow
changes.
"""

import re
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core import versions
from accounts.core.models import Account
from accounts.core.models.account import ACCOUNT_ID_PATTERN
from accounts.portal.actions import row_actions
from accounts.portal.breadcrumbs import Crumb, paths, way_to
from accounts.portal.views.answers import answer
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import way_back
from accounts.tree.queries.search import find, searchable
from accounts.tree.tables.branch import branch_items
from accounts.tree.tables.sidebar import CUSTOMERS_KEY, PAGE, branch, shows_customers, tree

_HITS = 20
# A page never asks for more open branches; the rest of a forged list is left out.
_MOST_OPEN = 60
_OPEN_BRANCH = re.compile(r"(?P<account_id>[A-Za-z0-9._-]{1,32})(?::(?P<shown>[0-9]{1,4}))?\Z")


class TreeView(PortalView):
    """The tree as a page: what the sidebar shows, for readers without script and for small screens.

    `?open=<account_id>` shows this branch open, `&after=<account_id>` begins it behind that
    account.
    """

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        opened = self._opened(request.GET.get("open", ""))
        after = _account_id(request, "after")
        way = self.actor.visible_part(way_to(request, opened.pk)) if opened else ()
        shown = tree(
            self.actor,
            way=way,
            after=(opened.pk if opened else None, after) if after else None,
            customers=shows_customers(request),
        )
        context = {
            "crumbs": [Crumb(_("Agents"))],
            "tree": shown,
            "opened": opened,
            "is_continued": bool(after),
        }
        return render(request, "accounts/tree/tree.html", context)

    def _opened(self, account_id: str) -> Account | None:
        return self.get_account(account_id) if account_id else None


class BranchView(PortalView):
    """The next children of an account, or the next top-level agents, as items for the tree."""

    authorization = None
    records_refusals = False

    def get(self, request: HttpRequest, account_id: str = "") -> HttpResponse:
        account = self.get_account(account_id) if account_id else None
        if account is None and not self.actor.is_administrator:
            return HttpResponse()
        nodes, more = branch(
            self.actor,
            account,
            after=_account_id(request, "after"),
            customers=shows_customers(request),
        )
        return HttpResponse(branch_items(nodes, more))


class MenuView(PortalView):
    """The context menu of one account."""

    authorization = None
    records_refusals = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        actions = row_actions(self.actor, account)
        reasons: dict[str, list[Any]] = {}
        for action in actions:
            if action.reason:
                reasons.setdefault(action.reason, []).append(action.label)
        context = {"account": account, "actions": actions, "reasons": list(reasons.items())}
        return render(request, "accounts/tree/_tree_menu.html", context)


class VersionView(PortalView):
    """What an open page asks every few seconds: has anything changed? No activity, one query."""

    authorization = None
    records_refusals = False
    counts_as_activity = False

    def get(self, request: HttpRequest) -> HttpResponseBase:
        version = versions.current(self.actor.scope)
        if request.GET.get("since") == str(version):
            return HttpResponse(status=204)
        return JsonResponse({"version": version})


class RefreshView(PortalView):
    """The whole open tree as it is now, to be merged into the page; sent by the page itself, so no
    activity.

    `open` names the open branches as `<account_id>:<children shown>`, `roots` how many top-level
    agents are shown, `current` the account the page is about. Unknown and foreign ones are left
    out.
    """

    authorization = None
    records_refusals = False
    counts_as_activity = False

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = self._asked(request.GET.getlist("open"))
        current = _account_id(request, "current").lower()
        found = {
            account_id.lower(): pk
            for pk, account_id in self.accounts.filter(
                account_id__lower__in={*asked, current}
            ).values_list("pk", "account_id")
        }
        way = way_to(request, found[current]) if current in found else ()
        shown = tree(
            self.actor,
            way=self.actor.visible_part(way),
            open_branches={found[name]: n for name, n in asked.items() if name in found},
            roots=_whole_pages(request.GET.get("roots", "")),
            customers=shows_customers(request),
        )
        return render(request, "accounts/tree/_tree_list.html", {"tree": shown})

    def _asked(self, values: list[str]) -> dict[str, int]:
        asked = {}
        for value in values[:_MOST_OPEN]:
            match = _OPEN_BRANCH.match(value)
            if match:
                asked[match["account_id"].lower()] = _whole_pages(match["shown"] or "")
        return asked


class TreeSearchView(PortalView):
    """The first hits for the tree's search box, as options of its list."""

    authorization = None
    records_refusals = False

    def get(self, request: HttpRequest) -> HttpResponse:
        text = searchable(request.GET.get("q", ""))
        accounts = self.accounts if shows_customers(request) else self.accounts.agents()
        hits = list(find(accounts, text)[:_HITS]) if text else []
        ways = paths(self.actor, hits)
        context: dict[str, Any] = {"hits": [(hit, ways.get(hit.pk, ())) for hit in hits]}
        return render(request, "accounts/tree/_tree_hits.html", context)


class CustomersView(PortalView):
    """Show or hide ordinary accounts in the tree, for this session."""

    authorization = None
    records_refusals = False

    def post(self, request: HttpRequest) -> HttpResponse:
        request.session[CUSTOMERS_KEY] = answer(request, "show", "0", "1") == "1"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204)
        asked = request.headers.get("Referer", "")
        return HttpResponseRedirect(way_back(request, asked, reverse("tree")))


def _account_id(request: HttpRequest, parameter: str) -> str:
    """What the address says there, "" if it is no account id."""
    value = request.GET.get(parameter, "")
    return value if re.match(ACCOUNT_ID_PATTERN, value) else ""


def _whole_pages(shown: str) -> int:
    """Children to show where `shown` are shown now: whole pages, so that a branch fills up as
    others join it.
    """
    number = int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 5 else 0
    return max(1, -(-number // PAGE)) * PAGE

"""Global search: everything a fragment finds within the viewer's scope, and what can be done with
it. A page of its own, and what the command bar shows while somebody types.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.core.models import Account
from accounts.kit.text import name_key
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.finding import Asked
from accounts.portal.understanding import Understood, understood
from accounts.portal.views.base import PortalView
from accounts.tree.queries.search import (
    LONGEST,
    SHORTEST,
    clean,
    cursor,
    find,
    first_found,
    searchable,
)
from accounts.tree.tables.search import (
    Finder,
    Group,
    account_groups,
    deeds_known,
    deeds_offered,
    notes_of,
    pages_offered,
)

PAGE = 20
# Of each kind the bar shows so many.
_IN_BAR = 5


class SearchView(PortalView):
    """Hits for `?q=`; the exact account id of an account in scope leads straight to it, and so does
    the exact name or number of something else. `bar`: as a part of a page, and nobody is led away.

    An account outside the scope is found no more than one that does not exist.
    """

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponseBase:
        typed = request.GET.get("q", "")
        is_bar, after = "bar" in request.GET, request.GET.get("after", "")
        text = clean(typed[: LONGEST * 10])
        asked = Asked(text if len(text) <= LONGEST else "", searchable(typed))
        meant = understood(asked.text, deeds_known())
        most = _IN_BAR if is_bar else PAGE
        accounts = self._accounts(asked, meant, most + 1, after=after)
        first = accounts[0] if accounts else None
        is_exact = first is not None and _is_called(first, asked.text)
        if first is not None and is_exact and not is_bar and not after:
            return redirect("accounts:detail", first.account_id)
        finder = Finder(
            self.actor,
            Asked("", "") if after else asked,
            accounts[:most],
            most=_IN_BAR if is_bar else 0,
        )
        kinds = finder.kinds()
        if kinds.exact and not is_bar:
            return redirect(kinds.exact)
        notes = notes_of(self.actor, accounts[:most])
        has_more = len(accounts) > most
        found = account_groups(accounts[:most], notes, finder.ways, self.actor, has_more=has_more)
        deeds = [] if after else deeds_offered(self.actor, meant, accounts, asked.text)
        pages, is_page = ([], False) if after else pages_offered(self.actor, asked.text)
        # What is meant most likely stands first: Enter takes it.
        if meant.deed is not None or (meant.figure and deeds):
            groups = [*deeds, *found, *kinds.groups, *pages]
        elif is_page and not is_exact:
            groups = [*pages, *found, *deeds, *kinds.groups]
        elif kinds.exact and not is_exact:
            there = [one for one in kinds.groups if one.name == kinds.exact_in]
            others = [one for one in kinds.groups if one.name != kinds.exact_in]
            groups = [*there, *found, *deeds, *others, *pages]
        else:
            groups = [*found, *deeds, *kinds.groups, *pages]
        context: dict[str, Any] = {
            "query": clean(typed[:LONGEST]),
            "groups": groups,
            "is_searched": bool(asked.fragment),
            "count": sum(len(one.hits) for one in groups),
        }
        if is_bar:
            return render(request, "accounts/tree/_command_hits.html", context)
        more = has_more and meant.deed is None
        last = accounts[PAGE - 1] if more else None
        return self._page(request, context, text, bool(asked.text), after, last)

    def _accounts(
        self, asked: Asked, meant: Understood, most: int, *, after: str
    ) -> Sequence[Account]:
        """The best of them, one more than is shown where there are more. One query, none for what
        cannot be the name of an account; on the page a second one where the first found nothing.
        """
        if not asked.text:
            return []
        if after:
            return list(find(self.accounts, asked.fragment, after=after)[:most])
        if meant.deed is not None and meant.account:
            text = meant.account if len(meant.account) >= SHORTEST else ""
            return list(first_found(self.accounts, text, most, called=meant.account)[:most])
        called = meant.account if meant.figure else asked.text
        if "bar" in self.request.GET or not asked.fragment:
            found = first_found(self.accounts, asked.fragment, most, called=called)
            return list(found[:most])
        listed = list(find(self.accounts, asked.fragment)[:most])
        return listed or list(self.accounts.called(called)[:1])

    def _page(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        text: str,
        is_typed: bool,
        after: str,
        last: Account | None,
    ) -> HttpResponse:
        groups: list[Group] = context["groups"]
        context |= {
            "crumbs": [Crumb(_("Search"))],
            "typed_length": len(text),
            "shortest": SHORTEST,
            "longest": LONGEST,
            "is_continued": bool(after),
            # What one could look for is said in words where nothing was typed.
            "groups": groups if is_typed else [],
            "is_found": is_typed
            and any(one.name != "pages" or context["is_searched"] for one in groups),
        }
        if last is not None:
            context["more_url"] = "?" + urlencode({"q": text, "after": cursor(last)})
        return render(request, "accounts/tree/search.html", context)


def _is_called(account: Account, typed: str) -> bool:
    return name_key(account.account_id) == name_key(typed)

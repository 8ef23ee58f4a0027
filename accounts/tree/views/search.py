"""Global search: everything a fragment finds within the viewer's scope."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from accounts.core.models import Account
from accounts.gateways.search import gateway_named, gateways_found
from accounts.portal.breadcrumbs import paths
from accounts.portal.registry import registry
from accounts.portal.views.base import PortalView
from accounts.tree.queries.search import LONGEST, SHORTEST, clean, cursor, find, searchable

PAGE = 20


class SearchView(PortalView):
    """Hits for `?q=`; the exact account id of an account in scope leads straight to it, and so does
    the exact number of a phone.

    An account outside the scope is found no more than one that does not exist.
    """

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponseBase:
        typed = request.GET.get("q", "")
        after = request.GET.get("after", "")
        text = searchable(typed)
        if not after:
            exact = self._exact(typed)
            if exact is not None:
                return redirect("accounts:detail", exact.account_id)
            gateway = gateway_named(self.actor, clean(typed[: LONGEST * 10]))
            if gateway is not None:
                return redirect(gateway)
            for section in registry.search_sections if text else ():
                url = section.exact(self.actor, text)
                if url:
                    return redirect(url)
        context: dict[str, Any] = {
            "query": clean(typed[:LONGEST]),
            "typed_length": len(clean(typed[: LONGEST * 10])),
            "is_searched": bool(text),
            "shortest": SHORTEST,
            "longest": LONGEST,
        }
        if text:
            hits = list(find(self.accounts, text, after=after)[: PAGE + 1])
            ways = paths(self.actor, hits[:PAGE])
            notes = [note(self.actor, hits[:PAGE]) for note in registry.hit_notes]
            context["hits"] = [
                (hit, ways.get(hit.pk, ()), [one[hit.pk] for one in notes if hit.pk in one])
                for hit in hits[:PAGE]
            ]
            context["is_continued"] = bool(after)
            # Pages that follow are about accounts alone.
            context["gateways"] = None if after else gateways_found(self.actor, text)
            # What is found beside accounts stands on the first page.
            context["sections"] = [] if after else self._sections(text)
            if len(hits) > PAGE:
                context["more_url"] = "?" + urlencode({"q": text, "after": cursor(hits[PAGE - 1])})
        return self._page(request, context)

    def _sections(self, text: str) -> list[dict[str, Any]]:
        """What other kinds of things were found."""
        found = []
        for section in registry.search_sections:
            hits = section.find(self.actor, text, PAGE)
            if hits:
                shown, more = hits[:PAGE], len(hits) > PAGE
                found.append({"section": section, "hits": shown, "has_more": more})
        return found

    def _exact(self, typed: str) -> Account | None:
        account_id = clean(typed[: LONGEST * 10])
        return self.accounts.called(account_id).first() if 0 < len(account_id) <= 32 else None

    def _page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        return render(request, "accounts/tree/search.html", context)

"""Global search: everything a fragment finds within the viewer's scope."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from accounts.core.models import Account
from accounts.portal.breadcrumbs import paths
from accounts.portal.registry import registry
from accounts.portal.views.base import PortalView
from accounts.tree.queries.search import LONGEST, SHORTEST, clean, cursor, find, searchable

PAGE = 20


class SearchView(PortalView):
    """Hits for `?q=`; the exact account id of an account in scope leads straight to it, and so does
    the exact name or number of something else.

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
            url = self._exact_url(clean(typed[: LONGEST * 10]), text)
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
            # What is found beside accounts stands on the first page.
            context["sections"] = [] if after else self._sections(text)
            if len(hits) > PAGE:
                context["more_url"] = "?" + urlencode({"q": text, "after": cursor(hits[PAGE - 1])})
        return self._page(request, context)

    def _sections(self, text: str) -> list[dict[str, Any]]:
        """What other kinds of things were found."""
        found = []
        for section in registry.search_sections:
            hits = section.find(self.actor, text, section.most)
            if hits:
                more = len(hits) > section.most
                found.append(
                    {
                        "section": section,
                        "hits": hits[: section.most],
                        "has_more": more,
                        "all_url": section.all_url(text) if more and section.all_url else "",
                    }
                )
        return found

    def _exact_url(self, typed: str, text: str) -> str:
        """Where the one thing is that has exactly this name, "" for none."""
        for section in registry.search_sections:
            asked = typed if section.any_length else text
            url = section.exact(self.actor, asked) if asked else ""
            if url:
                return url
        return ""

    def _exact(self, typed: str) -> Account | None:
        account_id = clean(typed[: LONGEST * 10])
        return self.accounts.called(account_id).first() if 0 < len(account_id) <= 32 else None

    def _page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        return render(request, "accounts/tree/search.html", context)

"""What the page of a deck asks for while a worker is at the deck."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render

from accounts.core.authorizations import Authorization
from billing.rates.models import RateImport
from billing.rates.services.decks import is_busy
from billing.rates.views.decks import OneDeckPage


class DeckStateView(OneDeckPage):
    """How far the job is that is at a deck; asked for every two seconds until it has ended.

    `?seen=` is the state of the deck that the page shows: when it is another one by now, or nobody
    is at it any more, the page fetches itself, without the rows where it has them already.
    """

    authorization = Authorization.MANAGE_ACCOUNT
    records_refusals = False
    counts_as_activity = False

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        deck, seen = self.find(pk), request.GET.get("seen", "")
        if not request.headers.get("HX-Request"):
            return redirect("billing:rate-import", deck.pk)
        if is_busy(deck) and deck.state == seen:
            return render(request, "accounts/jobs/_state.html", self.following(deck))
        context = {"deck": deck, "has_rows": seen == RateImport.State.COMMITTING}
        return render(request, "billing/rates/_deck_news.html", context)

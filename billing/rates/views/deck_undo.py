"""A deck is taken back, after a page that says what that means, or which calls stand against it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.portal.forms.base import PortalForm
from accounts.portal.views.responses import SeeOther
from billing.rates.services.deck_undoing import MOST_COUNTED, UndoPlan, deck_undo, undo_preview
from billing.rates.tables import figure
from billing.rates.views.decks import OneDeckPage

_PREFIXES = 10


class DeckUndoView(OneDeckPage):
    """What taking a deck back means, before it is done."""

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        deck = self.find(pk)
        plan = undo_preview(actor=self.actor, deck=deck)
        heading = _("Undo %(name)s") % {"name": deck.file_name}
        context = {
            "deck": deck,
            "group": self.group_kept,
            "page_heading": heading,
            "crumbs": self.deck_crumbs(deck, _("Undo")),
            "begun": figure(plan.begun),
            "going_on": figure(plan.going_on),
            "against": _against(plan),
            "back": reverse("billing:rate-import", args=[deck.pk]),
        }
        return render(request, "billing/rates/deck_undo.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        deck = self.find(pk)
        # It asks for nothing, and what comes with it is read all the same: too much is refused.
        if not PortalForm(request.POST, actor=self.actor).is_valid():
            return SeeOther("billing:rate-import-undo", deck.pk)
        deck = deck_undo(actor=self.actor, deck=deck)
        words = _("%(name)s was undone: its rates never counted.") % {"name": deck.file_name}
        messages.success(request, words)
        return SeeOther("billing:rate-import", deck.pk)


def _against(plan: UndoPlan) -> list[dict[str, Any]]:
    """What stands against it: charges, and calls that are not charged yet."""
    found = []
    if count := sum(plan.charged.values()):
        if count > MOST_COUNTED:
            words = _("More than %(count)s charges were made by what it began or ended.")
        else:
            words = ngettext(
                "%(count)s charge was made by what it began or ended.",
                "%(count)s charges were made by what it began or ended.",
                count,
            )
        found.append(_counted("charged", _("Calls were charged by it"), words, plan.charged))
    if count := sum(plan.held.values()):
        if count > MOST_COUNTED:
            words = _(
                "More than %(count)s calls were let through by what it began or ended, and are not"
                " charged yet."
            )
        else:
            words = ngettext(
                "%(count)s call was let through by what it began or ended, and is not charged yet.",
                "%(count)s calls were let through by what it began or ended, and are not charged"
                " yet.",
                count,
            )
        found.append(_counted("held", _("Calls hold money by it"), words, plan.held))
    return found


def _counted(name: str, title: str, words: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """Counts by their prefixes, the most first."""
    count = min(sum(counts.values()), MOST_COUNTED)
    by_count = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    left = len(by_count) - _PREFIXES
    more = ngettext("and %(count)s more prefix", "and %(count)s more prefixes", left)
    return {
        "name": name,
        "title": title,
        "words": words % {"count": figure(count)},
        "rows": [{"prefix": one, "count": figure(count)} for one, count in by_count[:_PREFIXES]],
        "more": more % {"count": figure(left)} if left > 0 else "",
    }

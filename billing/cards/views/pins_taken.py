"""Which PINs were taken out of the portal, of batches that are no more as well."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.pagination import BY_KEY, Page
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.lists.parts import Empty
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListPage, ListView
from billing.cards.models import PinsTaken
from billing.cards.queries import pins_taken_in
from billing.cards.tables import PINS_TAKEN_COLUMNS, figure
from billing.cards.views.batches import batch_url
from billing.ledger.words import People


class PinsTakenList(ListView):
    """Within the scope, the newest first."""

    abstract = True
    heading = gettext_lazy("PINs taken")
    template = "billing/cards/pins_taken.html"
    columns = PINS_TAKEN_COLUMNS
    first_order = ("", BY_KEY, True)
    is_newest_first = True

    def base(self, is_all: bool) -> QuerySet[PinsTaken]:
        return pins_taken_in(self.actor)

    def rows(self, objects: Sequence[PinsTaken], names: Collection[str]) -> list[dict[str, Any]]:
        people = People(self.actor, objects)
        return [
            {
                "pk": one.pk,
                "at": one.at,
                "what": one.get_kind_display(),
                "batch": one.batch_name,
                "batch_url": batch_url(one.batch) if one.batch else "",
                "account": one.account,
                "count": figure(one.count),
                "first": one.first_serial,
                "who": people.who(one),
                "reason": one.reason,
            }
            for one in objects
        ]

    def key(self, row: dict[str, Any]) -> str:
        return str(row["pk"])

    def page_head(self, request: HttpRequest, state: ListState) -> dict[str, Any]:
        cards = Crumb(_("Phone cards"), reverse("billing:cards"))
        return {"account": None, "crumbs": [cards, Crumb(self.heading)]}

    def pager_text(self, state: ListState, found: Page) -> str:
        return _("%(count)s shown, newest first") % {"count": len(found.rows)}

    def caption(self, state: ListState) -> Any:
        return _("PINs taken out of the portal, newest first")

    def title(self, state: ListState) -> Any:
        return self.heading

    def first_use(self, state: ListState) -> Empty:
        text = _("Exported and printed PINs are listed here: by whom, when and why.")
        return Empty(_("No PINs were taken"), text)


class PinsTakenView(ListPage, PinsTakenList):
    authorization = None

"""Re-ratings there were, and a new one; for administrators."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.errors import DomainError, NotAllowed
from accounts.kit.legible import is_enterable, read_moment
from accounts.kit.pagination import BY_KEY
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.lists.parts import Button, Empty
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListPage
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther
from billing.charging.columns.reratings import (
    RERATINGS,
    rerating_row,
)
from billing.charging.forms import ReratingForm
from billing.charging.models import Rerating
from billing.charging.queries.legs import names_of
from billing.charging.queries.reratings import (
    reratings_of,
)
from billing.charging.services.reratings import rerating_new


class ReratingsView(ListPage):
    """The re-ratings there were, the latest first."""

    authorization = None
    audience = ADMINISTRATORS
    heading = gettext_lazy("Re-rate calls")
    template = "billing/charging/reratings.html"
    columns = RERATINGS
    first_order = ("-asked", BY_KEY, True)
    is_newest_first = True

    def base(self, is_all: bool) -> QuerySet[Rerating]:
        return reratings_of(self.actor)

    def rows(self, objects: Sequence[Rerating], names: Collection[str]) -> list[dict[str, Any]]:
        known = names_of({pk for one in objects for pk in one.accounts})
        return [rerating_row(one, known) for one in objects]

    def key(self, row: dict[str, Any]) -> str:
        return str(row["pk"])

    def caption(self, state: ListState) -> Any:
        return _("Re-ratings, the latest first")

    def title(self, state: ListState) -> Any:
        return self.heading

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("No calls were rated anew yet"),
            _("After a correction of a price, calls that were charged keep what they cost until "
              "they are rated anew."),
        )  # fmt: skip

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        words = _("Re-rate calls…")
        return [Button(words, reverse("billing:rerating-new"), "undo", is_primary=True)]


class ReratingNewView(PortalView):
    """Which calls, and why; then a preview of what would change."""

    authorization = None
    audience = ADMINISTRATORS

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ReratingForm(actor=self.actor)
        form.initial.update(_asked(request, form))
        return self._ask(form)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ReratingForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._ask(form, 422)
        try:
            one = rerating_new(actor=self.actor, **form.values())
        except NotAllowed:
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._ask(form, error.status)
        return SeeOther("billing:rerating", one.pk)

    def _ask(self, form: ReratingForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "page_heading": _("Re-rate calls"),
            "crumbs": crumbs_of(Crumb(_("New"))),
            "cancel_url": reverse("billing:reratings"),
        }
        return render(self.request, "billing/charging/rerating_new.html", context, status=status)


def _asked(request: HttpRequest, form: ReratingForm) -> dict[str, Any]:
    """What an address says of which calls; what is nothing of the kind is left out."""
    found: dict[str, Any] = {}
    for name in ("since", "until"):
        moment = read_moment(request.GET.get(name, ""))
        if moment is not None and is_enterable(moment):
            found[name] = moment
    prefix = request.GET.get("prefix", "")
    if prefix.isascii() and prefix.isdigit() and len(prefix) <= 15:
        found["prefixes"] = prefix
    keys = {one.key for one in form.groups.values()}
    if request.GET.get("group") in keys:
        found["group"] = request.GET["group"]
    return found


def crumbs_of(*more: Crumb) -> list[Crumb]:
    """The path to a page about re-rating."""
    return [Crumb(_("Re-rate calls"), reverse("billing:reratings")), *more]

"""Running calls: the list, which follows by itself, and cutting one."""

from collections.abc import Collection, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.authorizations import Authorization
from accounts.gateways.models import Gateway
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.cards import call_pages_of
from accounts.portal.forms.base import ReasonForm, add_domain_error
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.holds.columns import (
    BY_KEY,
    FILE_OF_ADMINISTRATORS,
    FILE_OF_AGENTS,
    FILE_OF_CUSTOMERS,
    OF_ADMINISTRATORS,
    OF_AGENTS,
    OF_CUSTOMERS,
    RunningRow,
    cut_button,
    running_rows,
)
from billing.holds.filters import LOST, OVER, RunningFilter
from billing.holds.models import RunningCall
from billing.holds.queries import (
    busiest,
    figures_of,
    lost_among,
    over_among,
    running_of,
    running_on,
    soon_among,
    up_among,
)
from billing.holds.services.running import call_cut
from billing.holds.tables import busy_rows
from billing.holds.words import cut_facts
from billing.money import shown

MAPPING, ROUTING = Gateway.Direction.MAPPING, Gateway.Direction.ROUTING


class RunningList(ListView):
    """Calls that are up, the newest first; or those that are over and still hold money."""

    abstract = True
    what = "running_calls"
    heading = gettext_lazy("Running calls")
    tab = "running-calls"
    filter_class = RunningFilter
    views = (
        ProductView(gettext_lazy("Cut soon"), {"state": "soon"}),
        ProductView(gettext_lazy("Over 30 min"), {"state": "long"}),
        ProductView(gettext_lazy("Over, still held"), {"state": "over"}),
        ProductView(gettext_lazy("Lost"), {"state": "lost"}),
    )
    first_order = ("-up", BY_KEY, True)
    has_acts = True
    template = "billing/holds/running.html"
    words = Words(
        search=gettext_lazy("Search and filter these calls"),
        every=gettext_lazy("All that run"),
        find=gettext_lazy("Account or number"),
        file=gettext_lazy("%(kind)s, these calls"),
        no_match=gettext_lazy("No call matches these filters"),
    )

    def calls(self, is_all: bool) -> QuerySet[RunningCall]:
        """All that run or hold money."""
        if self.subject is None:
            return running_of(self.actor)
        return running_on(self.actor, self.subject, with_below=is_all)

    def base(self, is_all: bool) -> QuerySet[RunningCall]:
        among = {OVER: over_among, LOST: lost_among}
        asked = self.request.GET.get("state", "")
        return among.get(asked, up_among)(self.calls(is_all))

    def read_with(self, rows: QuerySet[RunningCall], names: Collection[str]) -> Any:
        return rows.select_related("account__wallet", "account__parent")

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {
            "actor": self.actor,
            "accounts": lambda: self.accounts,
            "with_account": is_all and self.has_sides,
        }

    def all_columns(self) -> Sequence[Column]:
        if self.actor.is_administrator:
            return OF_ADMINISTRATORS
        return OF_AGENTS if self.has_sides else OF_CUSTOMERS

    @cached_property
    def has_sides(self) -> bool:
        """Whether calls of others than the viewer's own account may be among them."""
        if self.actor.is_administrator:
            return True
        if self.subject is not None and self.subject.pk != self.actor.account_pk:
            return True
        own = self.subject or self.accounts.filter(pk=self.actor.account_pk).first()
        return own is not None and own.is_agent

    def rows(self, objects: Sequence[Any], names: Collection[str]) -> list[RunningRow]:
        return running_rows(self.actor, objects, timezone.now())

    def key(self, row: RunningRow) -> str:
        return row.call.key

    def acts(self, row: RunningRow) -> Any:
        return cut_button(row) if self.may_cut else ""

    @property
    def may_cut(self) -> bool:
        if self.actor.read_only:
            return False
        code = Authorization.MODIFY_GATEWAY_INFORMATION
        return self.actor.is_administrator or code in self.actor.effective

    def caption(self, state: ListState) -> str:
        if self.subject is None:
            return _("Running calls, newest first")
        if state.is_all:
            return _("Running calls of %(account)s and all below it, newest first") % {
                "account": self.subject
            }
        return _("Running calls of %(account)s, newest first") % {"account": self.subject}

    def title(self, state: ListState) -> Any:
        if self.subject is None:
            return self.heading
        return _("Running calls of %(account)s") % {"account": self.subject.account_id}

    def order_words(self, state: ListState) -> str:
        # The head of the only column it is sorted by says it.
        return ""

    def first_use(self, state: ListState) -> Empty:
        return Empty(_("No call is up"), _("Calls are listed here while they run."))

    def file_columns(self, state: ListState) -> Sequence[Column]:
        if self.actor.is_administrator:
            return FILE_OF_ADMINISTRATORS
        return FILE_OF_AGENTS if self.has_sides else FILE_OF_CUSTOMERS

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("billing:running-calls-export")
        return reverse("billing:account-running-calls-export", args=[self.subject.account_id])

    def file_name(self) -> str:
        return f"running-calls-{self.subject.account_id}" if self.subject else "running-calls"

    def live(self, state: ListState, context: dict[str, Any]) -> dict[str, Any]:
        """The parts of the page that follow by themselves: figures, and rows. `seen` says what of
        them is shown.
        """
        figures = self._figures(state)
        seen = _seen(context, figures)
        name = "running-calls-state" if self.subject is None else "account-running-calls-state"
        about = [self.subject.account_id] if self.subject else []
        cursor = state.parameters.get("cursor")
        url = f"{reverse(f'billing:{name}', args=about)}{state.address(cursor=cursor, seen=seen)}"
        return {
            "figures": render_to_string("billing/holds/_figures.html", figures),
            "rows": render_to_string("billing/holds/_rows.html", context),
            "seen": seen,
            "asks_url": url,
        }

    def _figures(self, state: ListState) -> dict[str, Any]:
        calls = self.calls(state.is_all)
        found = figures_of(self.actor, calls)
        soon = soon_among(up_among(calls), timezone.now()).count() if found.up else 0
        has_carriers = self.actor.is_administrator and self.subject is None
        asked = state.parameters.get("ways", "")
        direction = ROUTING if has_carriers and asked != MAPPING else MAPPING
        return {
            "tiles": self._tiles(state, found, soon),
            "currency": settings.CURRENCY,
            "busy": busy_rows(busiest(self.actor, calls, direction)),
            "is_routing": direction == ROUTING,
            "ways": [
                {
                    "label": label,
                    "url": state.address(ways=value),
                    "current": (value == MAPPING) == (direction == MAPPING),
                }
                for value, label in ((None, _("Carriers")), (MAPPING, _("Customers")))
            ]
            if has_carriers
            else [],
        }

    def _tiles(self, state: ListState, found: Any, soon: int) -> list[dict[str, Any]]:
        def tile(name: str, figure: str, note: str = "", unit: str = "", **asked: Any) -> Any:
            url = state.cleared(**asked) if asked else ""
            return {"name": name, "figure": figure, "note": note, "unit": unit, "url": url}

        ringing = _("%(count)s of them ringing") % {"count": _figure(found.up - found.talking)}
        note = _("by the accounts that call")
        if self.actor.account_pk is not None and self.has_sides:
            note = _("by the accounts that call; by yours %(amount)s") % {
                "amount": shown(found.mine)
            }
        tiles = [
            tile(_("Calls up"), _figure(found.up), ringing, state=None),
            tile(_("Held"), shown(found.held), note, settings.CURRENCY),
            tile(_("Cut within 5 minutes"), _figure(soon), _("unless somebody pays"), state="soon"),
            tile(
                _("Over, still held"),
                _figure(found.over),
                _("until their records are charged"),
                state="over",
            ),
        ]
        if found.lost:
            tiles.append(tile(_("Lost"), _figure(found.lost), _("no record came"), state="lost"))
        return tiles

    def more(self, state: ListState) -> dict[str, Any]:
        return {"call_pages": [] if self.subject else call_pages_of(self.actor, "running")}


def _seen(context: dict[str, Any], figures: dict[str, Any]) -> str:
    """A digest of rows and figures, whatever the address they are asked for by."""
    pager = context["pager"]
    shown = [
        context["table"].body,
        pager["text"],
        [(one["name"], one["figure"], one["note"]) for one in figures["tiles"]],
        figures["busy"],
    ]
    return blake2b(repr(shown).encode(), digest_size=8).hexdigest()


def _figure(count: int) -> str:
    return number_format(count, force_grouping=True)


class RunningView(ListPage, RunningList):
    """The running calls of everybody the viewer reaches; of one account (Direct), or of it and
    everything below it (All).
    """

    authorization = None

    def list_context(
        self, request: HttpRequest, state: ListState, *, makes_fields: bool = True
    ) -> dict[str, Any]:
        context = super().list_context(request, state, makes_fields=makes_fields)
        return {**context, **self.live(state, context)}


class RunningExportView(ListExport, RunningList):
    """The same as a file, as it is when that is made."""

    authorization = None


class RunningStateView(RunningList):
    """What an open page asks every few seconds: the same list as it is now, or 204 where it shows
    that already (`?seen=`). Sent by the page itself, so no activity.
    """

    authorization = None
    records_refusals = False
    counts_as_activity = False
    passing = ("seen",)

    def get(self, request: HttpRequest, account_id: str = "") -> HttpResponseBase:
        if account_id:
            self.subject = self.get_account(account_id)
        if not request.headers.get("HX-Request"):
            return redirect(self._page())
        state = self.state_of(request.GET)
        context = self.list_context(request, state, makes_fields=False)
        found = self.live(state, context)
        if found["seen"] == request.GET.get("seen", ""):
            return HttpResponse(status=204)
        return render(request, "billing/holds/_live.html", {**found, "is_answer": True})

    def _page(self) -> str:
        if self.subject is None:
            return reverse("billing:running-calls")
        return reverse("billing:account-running-calls", args=[self.subject.account_id])


class CutView(PortalView):
    """What cutting a call does, why, and the deed. What the viewer does not see does not exist."""

    authorization = Authorization.MODIFY_GATEWAY_INFORMATION

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(self._found(pk), ReasonForm(actor=self.actor))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        call = self._found(pk)
        form = ReasonForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(call, form, status=422)
        try:
            call_cut(actor=self.actor, call=call, reason=form.cleaned_data["reason"])
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._page(call, form, status=error.status)
        said = {"account": call.account.account_id, "number": call.number}
        messages.success(request, _("The call of %(account)s to %(number)s is cut.") % said)
        return SeeOther(reverse("billing:running-calls"))

    def _found(self, pk: int) -> RunningCall:
        calls = running_of(self.actor).select_related("account__wallet", "account__parent")
        call = calls.filter(pk=pk).first()
        if call is None:
            raise Http404
        # It came with the call, out of the actor's scope.
        call.account.reached_by = self.actor.scope
        self.request.current_account = call.account  # type: ignore[attr-defined]
        self.require(call.account)
        return call

    def _page(self, call: RunningCall, form: ReasonForm, status: int = 200) -> HttpResponse:
        url = reverse("billing:running-calls")
        (row,) = running_rows(self.actor, [call], timezone.now())
        context = {
            "page_heading": _("Cut the call to %(number)s") % {"number": call.number},
            "crumbs": [Crumb(_("Running calls"), url), Crumb(_("Cut a call"))],
            "call": call,
            "facts": cut_facts(self.actor, row),
            "is_up": row.may_be_cut,
            "form": form,
            "cancel_url": url,
        }
        return render(self.request, "billing/holds/cut.html", context, status=status)

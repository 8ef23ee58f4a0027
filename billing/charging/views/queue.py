"""The queue: what calls wait for, and the records themselves; all of one cause charged again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.kit.errors import Refused
from accounts.kit.pagination import BY_KEY
from accounts.portal.cards import call_pages_of
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.responses import SeeOther
from billing.calls.models import CallRecord
from billing.calls.reasons import Reason
from billing.charging.filters import QueueFilter
from billing.charging.queries.queue import (
    Cause,
    causes,
    groups_at,
    may_see,
    records_seen,
    records_written_off,
)
from billing.charging.services.queue import records_again
from billing.charging.tables import COLUMNS, file_columns, file_row, queue_row, reasons
from billing.charging.words import tried_words
from billing.holds.queries import held_for
from billing.wallets.queries import groups_kept


class QueueList(ListView):
    """The records that wait and that the viewer may see, the latest that came in first."""

    abstract = True
    heading = gettext_lazy("Calls that wait")
    columns = COLUMNS
    filter_class = QueueFilter
    views = (
        ProductView(gettext_lazy("No rate"), {"reason": "no_rate"}, is_work=True),
        ProductView(gettext_lazy("No rate group"), {"reason": "no_group"}, is_work=True),
        ProductView(gettext_lazy("Written off"), {"state": "written"}),
    )
    first_order = ("-received", BY_KEY, True)
    template = "billing/charging/queue.html"
    what = "call_queue"
    words = Words(
        search=gettext_lazy("Filter the calls that wait"),
        every=gettext_lazy("All that wait"),
        file=gettext_lazy("%(kind)s, these calls"),
        no_match=gettext_lazy("No call that waits matches these filters"),
    )

    def base(self, is_all: bool) -> QuerySet[CallRecord]:
        if self.request.GET.get("state") == "written" and self.actor.is_administrator:
            return records_written_off(self.actor)
        return records_seen(self.actor)

    def base_for(self, asks: Mapping[str, str], is_all: bool) -> QuerySet[CallRecord]:
        return records_seen(self.actor)

    def read_with(self, rows: QuerySet[CallRecord], names: Collection[str]) -> Any:
        return rows.select_related("account", "level")

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"actor": self.actor, "accounts": lambda: self.accounts, "with_account": True}

    def rows(self, objects: Sequence[Any], names: Collection[str]) -> list[dict[str, Any]]:
        held = held_for([one.pk for one in objects])
        return [queue_row(one, held.get(one.pk)) for one in objects]

    def key(self, row: dict[str, Any]) -> str:
        return str(row["pk"])

    def first_use(self, state: ListState) -> Empty:
        if not may_see(self.actor):
            return Empty(
                _("Nothing for you to see here"),
                _("Calls that wait are shown to who holds authorization 1 or 8."),
            )
        return Empty(
            _("No call waits"),
            _("A call that cannot be charged waits here until the reason is gone: it is never lost "
              "and never free."),
        )  # fmt: skip

    def export_url(self) -> str:
        return reverse("billing:call-queue-export")

    def recorded(self, state: ListState) -> dict[str, Any]:
        return {**state.active, "sort": state.order[0]}

    def file_name(self) -> str:
        return "calls-that-wait"

    def may_charge(self) -> bool:
        return may_charge(self)


class QueueView(ListPage, QueueList):
    """What calls wait for, above them where nothing is narrowed."""

    authorization = None

    def more(self, state: ListState) -> dict[str, Any]:
        context: dict[str, Any] = {
            "may_charge": self.may_charge(),
            "call_pages": call_pages_of(self.actor, "queue"),
        }
        if state.active.get("state"):
            return context
        if state.active.get("reason") == Reason.MISSING:
            return context
        if state.active:
            address = state.address()
            url = reverse("billing:call-queue-again")
            return {**context, "again_url": f"{url}{address}", "matching": self.count_text(state)}
        if "cursor" in state.parameters:
            return context
        found = causes(records_seen(self.actor))
        return {**context, "reasons": reasons(self.actor, found, self._groups(found))}

    def _groups(self, found: Sequence[Cause]) -> dict[Cause, int]:
        """The rate groups that lack a rate, of those the viewer may change."""
        lacking = {
            one: (one.level.pk, one.latest)
            for one in found
            if one.level and one.latest and one.reason == Reason.NO_RATE
        }
        groups = groups_at(list(lacking.values()))
        wanted = {one for one in groups.values() if one is not None}
        kept = set(groups_kept(self.actor).filter(pk__in=wanted).values_list("pk", flat=True))
        made = {one: groups[at] for one, at in lacking.items()}
        return {one: group for one, group in made.items() if group in kept and group is not None}


class QueueExportView(ListExport, QueueList):
    """The same as a file, with what the viewer may read of each record."""

    authorization = None

    def all_columns(self) -> Sequence[Column]:
        is_written = self.request.GET.get("state") == "written"
        return (*COLUMNS, *file_columns(self.actor, is_written=is_written))

    def file_rows(self, objects: Sequence[Any], names: Collection[str]) -> list[dict[str, Any]]:
        held = held_for([one.pk for one in objects])
        return [file_row(self.actor, one, held.get(one.pk)) for one in objects]


class QueueAgainView(QueueList):
    """All that an address of the queue means is charged again."""

    authorization = Authorization.MANAGE_ACCOUNT

    def post(self, request: HttpRequest) -> HttpResponse:
        own = self.own_account()
        self.require(own, is_agent_id=own is not None)
        state = self.state_of(request.GET)
        try:
            tried = records_again(actor=self.actor, records=state.matching)
        except Refused as refused:
            messages.info(request, str(refused.message))
        else:
            messages.success(request, tried_words(tried))
            if tried.job is not None:
                return SeeOther(reverse("job", args=[tried.job.pk]))
        return SeeOther(reverse("billing:call-queue"))

    def own_account(self) -> Any:
        own = self.actor.own
        return self.accounts.filter(pk=own.pk).first() if own else None


def may_charge(view: Any) -> bool:
    """Whether the viewer may charge again what lies in its scope."""
    own = view.actor.own
    account = view.accounts.filter(pk=own.pk).first() if own else None
    decision = decide(
        view.actor, Authorization.MANAGE_ACCOUNT, account, is_agent_id=account is not None
    )
    return decision.is_allowed

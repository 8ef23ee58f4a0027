"""Lists of calls: of one account, of everything below it, of the whole scope; and as files.

They need no authorization: who called whom within one's own hierarchy is always visible.
"""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kit.moments import asked_now, moment_words
from accounts.portal.cards import call_pages_of
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Button, Empty, Words
from accounts.portal.lists.state import COUNTED, ListState
from accounts.portal.lists.views.chosen import ChosenColumns
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage
from accounts.portal.views.columns import KeepColumnsView
from billing.calls.models import Leg
from billing.charging.columns.calls import (
    BY_SETUP,
    OF_ADMINISTRATORS,
    OF_AGENTS,
    OF_CUSTOMERS,
    ON_REQUEST,
    CallRow,
    call_rows,
)
from billing.charging.filters import UNINDEXED, CallFilter, span_asked
from billing.charging.queries.archive import archived_within
from billing.charging.queries.calls import LOOKED_AT, begin_of_newest, calls_of, calls_on
from billing.charging.queries.costs import Sums, seen, sums_of
from billing.charging.queries.queue import may_see
from billing.charging.spans import Period, Span
from billing.charging.words import archived_words
from billing.money import shown, signed
from billing.rates.figures import length_words

COLUMNS_KEPT = "call_columns"


class CallsList(ChosenColumns):
    """Calls of a time, the newest first; what they add up to above them."""

    abstract = True
    what = "calls"
    heading = gettext_lazy("Calls")
    tab = "calls"
    filter_class = CallFilter
    views = (
        ProductView(gettext_lazy("Not answered"), {"result": "unanswered"}),
        ProductView(gettext_lazy("Not put through"), {"result": "failed"}),
        ProductView(gettext_lazy("Called though locked"), {"locked": "yes"}),
    )
    first_order = ("-setup", BY_SETUP, True)
    passing = ("totals",)
    switches = {"period": gettext_lazy("Time")}
    has_asof = True
    columns_key = COLUMNS_KEPT
    template = "billing/charging/calls.html"
    words = Words(
        search=gettext_lazy("Search and filter these calls"),
        every=gettext_lazy("Last 24 hours"),
        find=gettext_lazy("Number or call ID"),
        file=gettext_lazy("%(kind)s, these calls"),
        no_match=gettext_lazy("No call of this time matches these filters"),
        no_match_text=gettext_lazy("Choose another time, or clear the filters."),
        widen_text=gettext_lazy("Choose another time, clear the filters, or look in all levels."),
    )

    @cached_property
    def span(self) -> Span:
        return span_asked(self.request.GET, asked_now())

    def base(self, is_all: bool) -> QuerySet[Leg]:
        asked = self.request.GET
        rows = self._rows(self.span, is_all)
        if not any(asked.get(name) for name in UNINDEXED):
            return rows
        if account := asked.get("account", "").strip():
            found = self.accounts.called(account).first()
            rows = rows.filter(account_id=found.pk) if found else rows.none()
        self.cut = begin_of_newest(rows, LOOKED_AT)
        return rows if self.cut is None else rows.filter(setup__gt=self.cut)

    # Before it, calls were not looked through.
    cut: Any = None

    def _rows(self, span: Span, is_all: bool) -> QuerySet[Leg]:
        if self.subject is None:
            return calls_of(self.actor, span)
        return calls_on(self.actor, self.subject, span, with_below=is_all)

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {
            "actor": self.actor,
            "accounts": lambda: self.accounts,
            "with_account": is_all and self.has_below,
        }

    @cached_property
    def has_below(self) -> bool:
        """Whether rows of several accounts may stand together."""
        if self.actor.is_administrator:
            return self.subject is None or self.subject.is_agent
        own = self.subject or self.accounts.filter(pk=self.actor.account_pk).first()
        return own is not None and own.is_agent

    @cached_property
    def has_sides(self) -> bool:
        """Whether the viewer has a price of its own in these calls, beside what is charged."""
        is_own = self.subject is None or self.subject.pk == self.actor.account_pk
        if self.actor.is_administrator or not is_own:
            return True
        return self.has_below and self.is_all(self.request.GET)

    def all_columns(self) -> Sequence[Column]:
        if self.actor.is_administrator:
            return OF_ADMINISTRATORS
        return OF_AGENTS if self.has_sides else OF_CUSTOMERS

    def default_columns(self, is_all: bool) -> Sequence[str]:
        return [one.name for one in self.all_columns() if one.cell and one.name not in ON_REQUEST]

    def columns_url(self) -> str:
        return reverse("billing:call-columns")

    def rows(self, objects: Sequence[Leg], names: Collection[str]) -> Sequence[CallRow]:
        return call_rows(self.actor, seen(self.actor, objects))

    def key(self, row: CallRow) -> str:
        return row.leg.key

    def switch_items(self, state: ListState, name: str) -> list[dict[str, Any]]:
        """Days that were chosen take the place of a period, and the other way round."""
        items = super().switch_items(state, name)
        has_days = bool(state.active.keys() & {"since", "until"})
        for item, (value, _label) in zip(items, state.choices(name), strict=True):
            item["url"] = state.address(since=None, until=None, **{name: value or None})
            item["current"] = item["current"] and not has_days
        return items

    def first_use(self, state: ListState) -> Empty:
        week = state.address(period=Period.WEEK.value)
        return Empty(_("No calls in the last 24 hours"), "", week, _("Look at the last 7 days"))

    def count(self, state: ListState) -> int:
        return self._summed(state).legs

    def _summed(self, state: ListState) -> Sums:
        """Of the newest calls, unless all are asked for."""
        if self._sums is None:
            most = None if "totals" in state.parameters else COUNTED + 1
            self._sums = sums_of(self.actor, state.matching, most)
        return self._sums

    _sums: Sums | None = None

    def more(self, state: ListState) -> dict[str, Any]:
        found: dict[str, Any] = {
            **super().more(state),
            "above": "billing/charging/_call_sums.html",
            "sums": self._sum_words(state),
            "is_part": self._is_part(state),
            "counted": number_format(self.count(state), force_grouping=True),
            "totals_url": state.address(totals=1),
            "currency": settings.CURRENCY,
            "since": moment_words(self.span.begin),
            "until": moment_words(min(self.span.end, timezone.now())),
        }
        notices = archived_words(self.actor, archived_within(self.span.begin, self.span.end))
        if self.cut is not None:
            words = _(
                "Only the newest %(count)s calls of this time are looked through, back to %(time)s."
                " Choose a shorter time to look further."
            )
            count = number_format(LOOKED_AT, force_grouping=True)
            notices.append(words % {"count": count, "time": moment_words(self.cut)})
        found["notice"] = " ".join(notices)
        if self.subject is None:
            found["call_pages"] = call_pages_of(self.actor, "calls")
        return found

    def _is_part(self, state: ListState) -> bool:
        return self.count(state) > COUNTED and "totals" not in state.parameters

    def _sum_words(self, state: ListState) -> list[tuple[Any, str, str]]:
        """(label, figure, beside it)."""
        found = self._summed(state)
        average = found.seconds // found.answered if found.answered else 0
        ratio = _percent(found.answered, found.legs)
        minutes = number_format(found.seconds // 60, force_grouping=True)
        rows: list[tuple[Any, str, str]] = [
            (_("Calls"), number_format(found.legs, force_grouping=True), ""),
            (_("Answered"), number_format(found.answered, force_grouping=True), ratio),
            (_("Minutes"), minutes, ""),
            (_("Average call"), length_words(average), ""),
            (_("Charged"), shown(found.charged), ""),
        ]
        if not self.has_sides:
            return rows
        if self.actor.is_administrator:
            rows.append((_("Cost"), shown(found.cost), ""))
        label = _("Roots pay") if self.actor.is_administrator else _("You pay")
        rows.append((label, shown(found.mine), ""))
        kept = _("Margin") if self.actor.is_administrator else _("Your margin")
        return [*rows, (kept, signed(found.margin), "")]

    def order_words(self, state: ListState) -> str:
        # The head of the only column it is sorted by says it.
        return ""

    def caption(self, state: ListState) -> str:
        if self.subject is None:
            return _("Calls, newest first")
        if state.is_all:
            return _("Calls of %(account)s and all below it, newest first") % {
                "account": self.subject
            }
        return _("Calls of %(account)s, newest first") % {"account": self.subject}

    def title(self, state: ListState) -> Any:
        if self.subject is None:
            return self.heading
        return _("Calls of %(account)s") % {"account": self.subject.account_id}

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        if not may_see(self.actor):
            return ()
        return [Button(_("Calls that wait"), reverse("billing:call-queue"), "clock")]

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("billing:calls-export")
        return reverse("billing:account-calls-export", args=[self.subject.account_id])


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


class CallsView(ListPage, CallsList):
    """The calls of everybody the viewer reaches; of one account (Direct), or of it and everything
    below it (All).
    """

    authorization = None


class CallsExportView(ListExport, CallsList):
    """The same as a file."""

    authorization = None


class CallColumnsView(KeepColumnsView):
    """One choice for all lists of calls; each shows of it what it has."""

    authorization = None
    columns_key = COLUMNS_KEPT

    def known(self) -> Collection[str]:
        every = OF_ADMINISTRATORS if self.actor.is_administrator else (*OF_AGENTS, *OF_CUSTOMERS)
        return {one.name for one in every if one.cell}

    def back(self) -> str:
        return reverse("billing:calls")

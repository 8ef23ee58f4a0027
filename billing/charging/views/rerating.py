"""One re-rating, for administrators: what it would change by account, the deed, and what of it was
posted.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.exports import Export
from accounts.jobs.services.exports import MOST_IN_ALL
from accounts.jobs.words import following, shown_job
from accounts.kit.batches import batched
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.moments import moment_words
from accounts.kit.proof import Gain
from accounts.kit.sheets_out import offered
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListView
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.exports import ExportView
from accounts.portal.views.responses import SeeOther
from billing.charging.columns.reratings import (
    BY_CHANGE,
    LINES,
    POSTED,
    TOTALS,
    difference,
    figure,
    line_rows,
    total_row,
)
from billing.charging.filters import ReratingTotalFilter
from billing.charging.forms import ReratingPostForm
from billing.charging.models import Rerating, ReratingTotal
from billing.charging.queries.legs import names_of
from billing.charging.queries.reratings import (
    causes_left,
    digest_of,
    is_busy,
    legs_named,
    lines_of,
    posted_by,
    reratings_of,
    totals_of,
)
from billing.charging.services.reratings import rerating_again, rerating_post
from billing.charging.views.reratings import crumbs_of
from billing.charging.words import about_words, left_words, period_words, rerating_state

State = Rerating.State
_CHUNK = 1000


class OneRerating(PortalView):
    """A page about one re-rating."""

    abstract = True
    audience = ADMINISTRATORS

    def find(self, pk: int) -> Any:
        one = reratings_of(self.actor).filter(pk=pk).first()
        if one is None:
            raise Http404
        return one

    def following(self, one: Rerating) -> dict[str, Any]:
        """What the page shows of the job that is at it, or did not finish; {} where there is
        none.
        """
        job = one.post_job if one.state == State.POSTING else one.check_job
        if job is None or one.state not in (State.CHECKING, State.POSTING):
            return {}
        shown = shown_job(self.actor, job)
        return {
            **following(
                shown,
                page=reverse("billing:rerating", args=[one.pk]),
                asks=reverse("billing:rerating-state", args=[one.pk]),
                seen=one.state,
                title=period_words(one),
            ),
            "links": [(_("Follow the job"), shown.url)],
        }


class ReratingView(OneRerating, ListView):
    """What it changes, by account; posted to, that is posted."""

    authorization = None
    gain = Gain.RERATING
    asks_when_opened = False
    heading = gettext_lazy("What changes, by account")
    columns = TOTALS
    filter_class = ReratingTotalFilter
    first_order = ("-change", BY_CHANGE, True)
    template = "billing/charging/rerating.html"
    words = Words(
        search=gettext_lazy("What changes"),
        find=gettext_lazy("Account ID"),
        file=gettext_lazy("%(kind)s, call by call"),
        no_match=gettext_lazy("No account matches"),
        no_match_text=gettext_lazy("Clear the search to see all of them."),
        clear=gettext_lazy("Clear"),
    )

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.one = self.find(pk)
        return self._page(self._form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.one = self.find(pk)
        form = ReratingPostForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(form, 422)
        try:
            rerating_post(actor=self.actor, rerating=self.one, expected=form.cleaned_data["seen"])
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            self.one = self.find(pk)
            again = self._form(request.POST)
            again.is_valid()
            add_domain_error(again, error)
            return self._page(again, error.status)
        return SeeOther("billing:rerating", pk)

    def _form(self, data: Any = None) -> ReratingPostForm:
        return ReratingPostForm(data, actor=self.actor, initial={"seen": digest_of(self.one)})

    def _page(self, form: ReratingPostForm, status: int = 200) -> HttpResponseBase:
        self.post_form = form
        return self.list_page(self.request, status)

    @property
    def _is_in_part(self) -> bool:
        return self.one.state == State.POSTING and bool(self.one.posted_legs)

    def base(self, is_all: bool) -> QuerySet[ReratingTotal]:
        return totals_of(self.one)

    def all_columns(self) -> Sequence[Any]:
        return (*TOTALS, POSTED) if self._is_in_part else TOTALS

    def rows(
        self, objects: Sequence[ReratingTotal], names: Collection[str]
    ) -> list[dict[str, Any]]:
        posted = posted_by(self.one, objects) if self._is_in_part else {}
        return [total_row(one, posted) for one in objects]

    def key(self, row: dict[str, Any]) -> str:
        return str(row["pk"])

    def page_head(self, request: HttpRequest, state: ListState) -> dict[str, Any]:
        return {"account": None, "crumbs": crumbs_of(Crumb(period_words(self.one)))}

    def title(self, state: ListState) -> Any:
        return _("Re-rating, %(period)s") % {"period": period_words(self.one)}

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("No call would cost anything else"),
            _("What these calls were charged is what they cost today."),
        )

    def export_url(self) -> str:
        if self.one.state == State.CHECKING or not lines_of(self.one).exists():
            return ""
        return reverse("billing:rerating-export", args=[self.one.pk])

    def exports(self, state: ListState, url: str) -> list[tuple[str, str]]:
        return offered(lambda kind: f"{url}?format={kind}", self.words.file)

    def more(self, state: ListState) -> dict[str, Any]:
        one, busy = self.one, is_busy(self.one)
        is_open = one.state in (State.CHECKED, State.POSTING) and not busy
        is_known = one.state != State.CHECKING
        followed = self.following(one)
        words, colour, symbol = rerating_state(one)
        return {
            **followed,
            "one": one,
            "busy": busy,
            "state_badge": {"text": words, "kind": colour, "icon": symbol},
            "news": ". ".join(filter(None, [words, followed["shown"].said if followed else ""])),
            "is_stuck": one.state in (State.CHECKING, State.POSTING) and not busy,
            "is_in_part": self._is_in_part,
            "is_known": is_known,
            "may_post": is_open and one.changed > 0 and not self.actor.read_only,
            "may_look": not busy and one.state != State.POSTED and not self.actor.read_only,
            "post_form": self.post_form,
            "changed_figure": figure(one.changed),
            "posted_count": one.posted_legs,
            "posted_figure": figure(one.posted_legs),
            "left_count": one.changed - one.posted_legs,
            "left_figure": figure(one.changed - one.posted_legs),
            "sums": self._sums() if is_known else [],
            "facts": self._facts(),
            "left": self._left() if is_known and one.left else [],
        }

    def _sums(self) -> list[tuple[Any, str]]:
        one, money = self.one, {"currency": settings.CURRENCY}
        return [
            (_("Calls looked at"), figure(one.looked_at)),
            (_("Change"), figure(one.changed)),
            (_("Stay as they are"), figure(one.left)),
            (_("Platform income, %(currency)s") % money, difference(one.income)),
            (_("Carriers' costs, %(currency)s") % money, difference(one.cost)),
        ]

    def _facts(self) -> list[tuple[Any, str]]:
        one = self.one
        asked = moment_words(one.created_at)
        facts = [
            (_("Calls answered"), period_words(one)),
            (_("Time zone"), _zone_words(one)),
            (_("Of"), about_words(one, names_of(one.accounts))),
            (_("Reason"), one.reason),
            (_("By"), one.login.get_username() if one.login else _("a command")),
            (_("Asked for"), asked),
        ]
        if one.posted_at:
            facts.append((_("Posted"), moment_words(one.posted_at)))
        return facts

    def _left(self) -> list[tuple[str, str]]:
        return [(left_words(cause), figure(cause.count)) for cause in causes_left(self.one)]


class ReratingAgainView(OneRerating):
    """Looks at the same calls once more."""

    authorization = None

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self.find(pk)
        # It asks for nothing, and what comes with it is read all the same: too much is refused.
        if not PortalForm(request.POST, actor=self.actor).is_valid():
            return SeeOther("billing:rerating", one.pk)
        again = rerating_again(actor=self.actor, rerating=one)
        return SeeOther("billing:rerating", again.pk)


class ReratingStateView(OneRerating):
    """How far the job is that is at it; asked for every two seconds until it has ended. `?seen=` is
    the state that the page shows: when it is another one, the page fetches itself.
    """

    authorization = None
    records_refusals = False
    counts_as_activity = False

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        one = self.find(pk)
        if not request.headers.get("HX-Request"):
            return redirect("billing:rerating", one.pk)
        if is_busy(one) and one.state == request.GET.get("seen", ""):
            return render(request, "accounts/jobs/_state.html", self.following(one))
        return render(request, "billing/charging/_rerating_news.html", {"one": one})


class ReratingExportView(ExportView, OneRerating):
    """What changes call by call, and what stays, as a file."""

    authorization = None

    def exported(self, request: HttpRequest, pk: int) -> Export:
        one = self.find(pk)
        rows = lines_of(one).order_by("pk")

        def lines(keys: Sequence[int]) -> Iterator[list[Any]]:
            for some in batched(keys, _CHUNK):
                found = list(rows.filter(pk__in=some))
                legs = legs_named([line.leg_id for line in found])
                names = names_of({line.account_id for line in found})
                for row in line_rows(found, legs, names):
                    yield [column.value(row) for column in LINES if column.value]

        return Export(
            what="rerating",
            account=None,
            filters={"rerating": one.key},
            name=f"rerating-{one.key}",
            header=[column.file_label for column in LINES],
            count=rows.order_by()[: MOST_IN_ALL + 1].count(),
            keys=lambda: list(rows.values_list("pk", flat=True)[: MOST_IN_ALL + 1]),
            lines=lines,
        )


def _zone_words(one: Rerating) -> str:
    """Whose clocks the page tells the period by, and those it was meant by."""
    here = timezone.get_current_timezone_name()
    if one.zone == here:
        return here
    return _("%(here)s; meant in %(zone)s") % {"here": here, "zone": one.zone}

"""Sub-agent approval: the queue for administrators, an account's own requests for agents, and the
page on which one is decided.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.approvals.filters import DECIDED, EVERY, RequestFilter
from accounts.approvals.forms import DecisionForm
from accounts.approvals.models import SubAgentRequest
from accounts.approvals.queries import requests_of
from accounts.approvals.services.deciding import (
    request_approve,
    request_reject,
    request_seen,
    request_withdraw,
)
from accounts.approvals.tables import Shown, columns_of, held, shown
from accounts.authorizations.advice import all_cautions
from accounts.authorizations.queries.policies import sub_agent_policy
from accounts.core.authorizations import Codes, codes_from
from accounts.core.models import SubAgentPolicy
from accounts.kit.errors import Busy, Refused
from accounts.kit.pagination import BY_KEY, Page, SortKey
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.tree.tables.overview import next_steps

Status = SubAgentRequest.Status
_POLICIES = {
    SubAgentPolicy.ALLOWED: gettext_lazy("New agents are allowed without asking."),
    SubAgentPolicy.APPROVAL: gettext_lazy(
        "A new agent needs an administrator's approval: adding the first sub-account below an "
        "ordinary account makes a request."
    ),
    SubAgentPolicy.FORBIDDEN: gettext_lazy("New agents are not permitted."),
}


class ApprovalsList(ListView):
    """What waits, the oldest first, or what was decided, the latest first."""

    abstract = True
    what = "approvals"
    heading = gettext_lazy("Approvals")
    template = "accounts/approvals/list.html"
    filter_class = RequestFilter
    views = (
        ProductView(gettext_lazy("Decided"), {"show": DECIDED}),
        ProductView(gettext_lazy("Rejected"), {"show": Status.REJECTED.value}),
        ProductView(gettext_lazy("Everything"), {"show": EVERY}),
    )
    is_work = True
    fixed_size = 25
    words = Words(
        search=gettext_lazy("Search and filter these requests"),
        every=gettext_lazy("Waiting"),
        find=gettext_lazy("Account ID or who asked"),
        file=gettext_lazy("%(kind)s, these requests"),
        no_match=gettext_lazy("No request matches these filters"),
        no_match_text=gettext_lazy("Clear the filters to see what waits."),
    )

    @property
    def is_decided(self) -> bool:
        """Whether more is looked at than what waits."""
        return bool(self.request.GET.get("show", "").strip())

    def base(self, is_all: bool) -> QuerySet[SubAgentRequest]:
        return self.base_for(self.request.GET, is_all)

    def base_for(self, asks: Mapping[str, str], is_all: bool) -> QuerySet[SubAgentRequest]:
        mine, show = requests_of(self.actor), asks.get("show", "").strip()
        if not show:
            return mine.filter(status=Status.WAITING)
        return mine if show == EVERY else mine.exclude(status=Status.WAITING)

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"accounts": self.accounts}

    def order(self, is_all: bool) -> tuple[str, SortKey, bool]:
        return "", BY_KEY, self.is_decided

    def all_columns(self) -> Sequence[Column]:
        return columns_of(self.actor, is_decided=self.is_decided)

    def rows(self, objects: Sequence[SubAgentRequest], names: Collection[str]) -> Sequence[Shown]:
        self.shown = shown(self.actor, objects)
        return self.shown

    def key(self, row: Shown) -> str:
        return row.request.key

    def attributes(self, row: Shown) -> Mapping[str, str]:
        return {"data-request": row.request.key}

    def pager_text(self, state: ListState, found: Page) -> str:
        return _("%(shown)s shown") % {"shown": len(found.rows)}

    def caption(self, state: ListState) -> str:
        return _("Decided requests") if self.is_decided else _("Waiting requests")

    def title(self, state: ListState) -> Any:
        return self.heading

    def export_url(self) -> str:
        return reverse("approvals-export")

    @cached_property
    def policy(self) -> Any:
        """The policy in force: the platform's, or that of one's own account."""
        if self.actor.own is None:
            return _POLICIES[SubAgentPolicy(settings.SUB_AGENT_POLICY)]
        return _POLICIES[sub_agent_policy(self.accounts.get(pk=self.actor.own.pk))]

    def first_use(self, state: ListState) -> Empty:
        return Empty(_("No request is waiting"), self.policy)

    def more(self, state: ListState) -> dict[str, Any]:
        return {
            "rows": self.shown,
            "is_decided": self.is_decided,
            "policy": self.policy,
            "below": "accounts/approvals/_keys.html",
        }


class ApprovalsView(ListPage, ApprovalsList):
    authorization = None


class ApprovalsExportView(ListExport, ApprovalsList):
    """The same as a file."""

    authorization = None


class ApprovalView(PortalView):
    """One request. `?deed=` asks before it is approved ("fewer": with fewer authorizations),
    rejected or withdrawn.
    """

    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self._request(pk)
        deed = request.GET.get("deed", "")
        if deed in self._deeds(one):
            return self._check(one, self._form(one, deed))
        request_seen(actor=self.actor, request=one)
        return self._page(one)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self._request(pk)
        deed = request.POST.get("deed", "")
        if deed not in ("approve", "fewer", "reject", "withdraw"):
            return self._page(one, status=400)
        form = self._form(one, deed, request.POST)
        if not form.is_valid():
            return self._check(one, form, status=422)
        try:
            done = self._do(one, form)
        except (Refused, Busy) as error:
            if error.code == "already_decided":
                one.refresh_from_db()
                return self._page(one, status=error.status, notice=str(error.message))
            add_domain_error(form, error)
            return self._check(one, form, status=error.status)
        self._tell(done)
        is_queue = self.actor.is_administrator and done.status != Status.VOID
        return SeeOther(reverse("approvals") if is_queue else reverse("approval", args=[one.pk]))

    def _request(self, pk: int) -> SubAgentRequest:
        one = requests_of(self.actor).filter(pk=pk).first()
        if one is None:
            raise Http404
        return one

    def _deeds(self, one: SubAgentRequest) -> list[str]:
        """What the viewer can do about it, by name."""
        if one.status != Status.WAITING or self.actor.read_only:
            return []
        if self.actor.is_administrator:
            return ["approve", *(["fewer"] if one.codes else []), "reject"]
        return ["withdraw"] if self.actor.account_pk == one.requester_account_id else []

    def _form(self, one: SubAgentRequest, deed: str, data: Any = None) -> DecisionForm:
        return DecisionForm(data, actor=self.actor, deed=deed, asked=codes_from(one.codes))

    def _do(self, one: SubAgentRequest, form: DecisionForm) -> SubAgentRequest:
        reason = form.cleaned_data.get("reason", "")
        if form.verdict == "withdraw":
            return request_withdraw(actor=self.actor, request=one)
        if form.verdict == "reject":
            return request_reject(actor=self.actor, request=one, reason=reason)
        return request_approve(actor=self.actor, request=one, reason=reason, codes=form.chosen())

    def _tell(self, done: SubAgentRequest) -> None:
        account = done.fields["account_id"]
        if done.status == Status.VOID:
            why = done.decision_reason
            text = _("Nothing was done, the request is void: %(why)s") % {"why": why}
            messages.warning(self.request, text)
            return
        texts = {
            Status.APPROVED: _("Approved: %(account)s now belongs to %(agent)s."),
            Status.REJECTED: _("Rejected: %(account)s stays out of %(agent)s."),
            Status.WITHDRAWN: _("The request is withdrawn. Nothing was changed."),
        }
        text = texts[Status(done.status)] % {"account": account, "agent": done.agent.account_id}
        messages.success(self.request, text)
        if done.status == Status.APPROVED and (steps := next_steps(self.actor, done.agent)):
            messages.info(self.request, steps)

    def _page(self, one: SubAgentRequest, *, status: int = 200, notice: str = "") -> HttpResponse:
        context = {
            **self._shared(one),
            "held": held(self.actor, one),
            "notice": notice,
            **self._neighbours(one),
        }
        return render(self.request, "accounts/approvals/detail.html", context, status=status)

    def _check(self, one: SubAgentRequest, form: DecisionForm, status: int = 200) -> HttpResponse:
        row = self._shared(one)
        context = {
            **row,
            "form": form,
            "deed": form.verdict,
            "submit": _SUBMIT[form.verdict],
            "cautions": all_cautions(self._granted(one, form)),
        }
        return render(self.request, "accounts/approvals/check.html", context, status=status)

    def _granted(self, one: SubAgentRequest, form: DecisionForm) -> Codes:
        """What approving as the form stands would grant."""
        if form.verdict == "fewer":
            return codes_from(form["codes"].value() or ())
        return codes_from(one.codes) if form.verdict == "approve" else frozenset()

    def _shared(self, one: SubAgentRequest) -> dict[str, Any]:
        row: Shown = shown(self.actor, [one])[0]
        return {
            "row": row,
            "deeds": self._deeds(one),
            "crumbs": [Crumb(_("Approvals"), reverse("approvals")), Crumb(row.title)],
        }

    def _neighbours(self, one: SubAgentRequest) -> dict[str, Any]:
        """The waiting requests before and after this one, for administrators."""
        if not self.actor.is_administrator:
            return {}
        waiting = requests_of(self.actor).filter(status=Status.WAITING)
        return {
            "next": waiting.filter(pk__gt=one.pk).order_by("pk").first(),
            "previous": waiting.filter(pk__lt=one.pk).order_by("-pk").first(),
        }


_SUBMIT = {
    "approve": gettext_lazy("Approve"),
    "fewer": gettext_lazy("Approve with these"),
    "reject": gettext_lazy("Reject"),
    "withdraw": gettext_lazy("Withdraw the request"),
}

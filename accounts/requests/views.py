"""Requests for authorizations: one's own, those from below, asking, and the answer."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authorizations.advice import cautions
from accounts.authorizations.queries.grants import held
from accounts.core.authorizations import ALL, Codes
from accounts.core.models import Account
from accounts.kit.errors import Busy, Refused
from accounts.kit.pagination import BY_KEY, SortKey
from accounts.logins.queries import opened_by_operators, opened_in
from accounts.logins.views.operators import after_granting, before_granting
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Button, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.requests.filters import ANSWERED, EVERY, AskedFilter
from accounts.requests.forms import AnswerForm, AskForm
from accounts.requests.models import AuthorizationRequest
from accounts.requests.queries import asked_of, waiting_for
from accounts.requests.services import (
    authorization_ask,
    authorization_grant,
    authorization_refuse,
    authorization_withdraw,
)
from accounts.requests.tables import ANSWERED_COLUMNS, WAITING_COLUMNS, Asked, asked

Status = AuthorizationRequest.Status
_DEEDS = ("grant", "refuse", "withdraw")


class RequestsList(ListView):
    """What waits, the oldest first, or what was answered, the latest first."""

    abstract = True
    what = "authorization_requests"
    heading = gettext_lazy("Requests")
    template = "accounts/requests/list.html"
    filter_class = AskedFilter
    views = (
        ProductView(gettext_lazy("Answered"), {"show": ANSWERED}),
        ProductView(gettext_lazy("Refused"), {"show": Status.REFUSED.value}),
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
    def is_answered(self) -> bool:
        """Whether more is looked at than what waits."""
        return bool(self.request.GET.get("show", "").strip())

    def base(self, is_all: bool) -> QuerySet[Any]:
        return self.base_for(self.request.GET, is_all)

    def base_for(self, asks: Mapping[str, str], is_all: bool) -> QuerySet[Any]:
        mine, show = asked_of(self.actor), asks.get("show", "").strip()
        if not show:
            return mine.filter(status=Status.WAITING)
        return mine if show == EVERY else mine.exclude(status=Status.WAITING)

    def order(self, is_all: bool) -> tuple[str, SortKey, bool]:
        return "", BY_KEY, self.is_answered

    def all_columns(self) -> Sequence[Column]:
        return ANSWERED_COLUMNS if self.is_answered else WAITING_COLUMNS

    def rows(self, objects: Sequence[Any], names: Collection[str]) -> Sequence[Asked]:
        return [asked(self.actor, one) for one in objects]

    def key(self, row: Asked) -> str:
        return str(row.request.key)

    def caption(self, state: ListState) -> str:
        return _("Answered requests") if self.is_answered else _("Waiting requests")

    def title(self, state: ListState) -> Any:
        return self.heading

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        if self.actor.own is None or self.actor.read_only:
            return ()
        url = reverse("authorization-request-new")
        return [Button(_("Ask for an authorization"), url, "plus", is_primary=True)]

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("No request is waiting"),
            _("Who is refused something can ask for the authorization it takes."),
        )

    def export_url(self) -> str:
        return reverse("authorization-requests-export")


class RequestsView(ListPage, RequestsList):
    authorization = None


class RequestsExportView(ListExport, RequestsList):
    """The same as a file."""

    authorization = None


class RequestNewView(PortalView):
    """`?code=` is what is asked for. Whoever has nothing to ask for is led to the list, who asked
    for it already to what waits.
    """

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        offered = self._offered() if self.actor.own else frozenset()
        if not offered:
            return SeeOther("authorization-requests")
        code = request.GET.get("code", "")
        waits = asked_of(self.actor).filter(
            account=self.actor.account_pk, code=code, status=Status.WAITING
        )
        if code and (one := waits.first()):
            return SeeOther(reverse("authorization-request", args=[one.pk]))
        return self._page(AskForm(actor=self.actor, offered=offered, initial={"code": code}))

    def post(self, request: HttpRequest) -> HttpResponse:
        offered = self._offered() if self.actor.own else ALL
        form = AskForm(request.POST, actor=self.actor, offered=offered)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            made = authorization_ask(
                actor=self.actor, code=form.asked(), reason=form.cleaned_data["reason"]
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(form, status=error.status)
        messages.success(request, _("The request is on its way to who can grant it."))
        return SeeOther(reverse("authorization-request", args=[made.pk]))

    def _offered(self) -> Codes:
        """What the own account neither holds nor waits for."""
        assert self.actor.own is not None
        own: Account = self.accounts.get(pk=self.actor.own.pk)
        return ALL - held(own) - waiting_for(own)

    def _page(self, form: AskForm, status: int = 200) -> HttpResponse:
        heading = _("Ask for an authorization")
        context = {
            "form": form,
            "page_heading": heading,
            "crumbs": [Crumb(_("Requests"), reverse("authorization-requests")), Crumb(heading)],
        }
        return render(self.request, "accounts/requests/new.html", context, status=status)


class RequestView(PortalView):
    """One request. `?deed=` asks before it is granted, refused or withdrawn."""

    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._row(pk)
        deed = request.GET.get("deed", "")
        if deed in self._deeds(row):
            return self._page(row, AnswerForm(actor=self.actor, deed=deed))
        return self._page(row, None)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._row(pk)
        deed = request.POST.get("deed", "")
        if deed not in _DEEDS:
            return self._page(row, None, status=400)
        form = AnswerForm(request.POST, actor=self.actor, deed=deed)
        if not form.is_valid():
            return self._page(row, form, status=422)
        try:
            self._do(row, form)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(self._row(pk), form, status=error.status)
        return SeeOther("authorization-requests")

    def _do(self, row: Asked, form: AnswerForm) -> None:
        answer = form.cleaned_data.get("answer", "")
        words = {"account": row.account_id, "authorization": row.title}
        if form.verdict == "withdraw":
            authorization_withdraw(actor=self.actor, request=row.request)
            text = _("The request is withdrawn.")
        elif form.verdict == "refuse":
            authorization_refuse(actor=self.actor, request=row.request, answer=answer)
            text = _("Refused: %(account)s does not get %(authorization)s.") % words
        else:
            batch = authorization_grant(actor=self.actor, request=row.request, answer=answer)
            text = _("Granted: %(account)s holds %(authorization)s.") % words
            if batch and (shut := after_granting(opened_in(batch, added=True))):
                messages.warning(self.request, shut)
        messages.success(self.request, text)

    def _row(self, pk: int) -> Asked:
        one = asked_of(self.actor).filter(pk=pk).first()
        if one is None:
            raise Http404
        return asked(self.actor, one)

    def _deeds(self, row: Asked) -> list[str]:
        if not row.is_waiting or self.actor.read_only:
            return []
        if row.is_own:
            return ["withdraw"]
        return ["grant", "refuse"] if row.may_decide else []

    def _cautions(self, row: Asked) -> list[str]:
        """What to know before it is granted: what it makes together with the others, and whose
        logins it shuts.
        """
        account = row.request.account
        together = cautions(held(account) | {row.code})
        return [*together, *filter(None, [before_granting(opened_by_operators(account))])]

    def _page(self, row: Asked, form: AnswerForm | None, status: int = 200) -> HttpResponse:
        context = {
            "row": row,
            "form": form,
            "submit": _SUBMIT[form.verdict] if form else "",
            "deeds": self._deeds(row),
            "cautions": self._cautions(row) if form and form.verdict == "grant" else [],
            "crumbs": [
                Crumb(_("Requests"), reverse("authorization-requests")),
                Crumb(f"{row.account_id}: {row.title}"),
            ],
        }
        return render(self.request, "accounts/requests/detail.html", context, status=status)


_SUBMIT = {
    "grant": gettext_lazy("Grant it"),
    "refuse": gettext_lazy("Refuse it"),
    "withdraw": gettext_lazy("Withdraw the request"),
}

"""Requests for authorizations: one's own, those from below, asking, and the answer."""

from collections.abc import Collection, Sequence
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
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Button, Empty
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListPage
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.requests.forms import AnswerForm, AskForm
from accounts.requests.models import AuthorizationRequest
from accounts.requests.queries import asked_of, waiting_for
from accounts.requests.services import (
    authorization_ask,
    authorization_grant,
    authorization_refuse,
    authorization_withdraw,
)
from accounts.requests.tables import ANSWERED, WAITING, Asked, asked

Status = AuthorizationRequest.Status
_DEEDS = ("grant", "refuse", "withdraw")


class RequestsView(ListPage):
    """What waits, the oldest first, and what was answered, the latest first."""

    authorization = None
    heading = gettext_lazy("Requests")
    has_crumbs = False
    template = "accounts/requests/list.html"
    fixed_size = 25

    @property
    def is_answered(self) -> bool:
        return self.request.GET.get("show") == "answered"

    def base(self, is_all: bool) -> QuerySet[Any]:
        mine = asked_of(self.actor)
        waiting = mine.filter(status=Status.WAITING)
        return mine.exclude(status=Status.WAITING) if self.is_answered else waiting

    def order(self, is_all: bool) -> tuple[str, SortKey, bool]:
        return "", BY_KEY, self.is_answered

    def all_columns(self) -> Sequence[Column]:
        return ANSWERED if self.is_answered else WAITING

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
        if self.is_answered:
            return Empty(_("Nothing answered yet"))
        return Empty(
            _("No request is waiting"),
            _("Who is refused something can ask for the authorization it takes."),
        )

    def more(self, state: ListState) -> dict[str, Any]:
        return {
            "kinds": [
                {"label": _("Waiting"), "url": "?", "current": not self.is_answered},
                {"label": _("Answered"), "url": "?show=answered", "current": self.is_answered},
            ]
        }


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

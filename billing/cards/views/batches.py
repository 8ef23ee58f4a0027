"""Lists of card batches, and the making of a new one."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.pagination import BY_KEY, BadCursor, page
from accounts.logins.services import preferences
from accounts.portal.actions import RowAction
from accounts.portal.breadcrumbs import Crumb, breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.cards import pins
from billing.cards.forms.cards import BatchForm
from billing.cards.models import CardBatch
from billing.cards.serials import cleaned
from billing.cards.services.batches import (
    BatchPlan,
    batch_preview,
    batches_in,
    batches_matching,
    batches_of,
    check_may_have_cards,
    outstanding_in,
)
from billing.cards.services.generation import batch_request
from billing.cards.tables import STATES, batch_row, figure, guess_words, last_day
from billing.money import shown

_SAMPLES = 5


class BatchesView(PortalView):
    """The batches of the whole scope. What one's own hierarchy has is always visible; making and
    changing takes authorization 3.
    """

    authorization = None
    subject: Account | None = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.list_page(request)

    def list_page(self, request: HttpRequest) -> HttpResponse:
        is_all = self.subject is None or request.GET.get("show") == "all"
        whole = self._batches(is_all)
        state = request.GET.get("state", "")
        text = cleaned(request.GET.get("q", ""))
        found = batches_in(whole, state)
        if text:
            found = batches_matching(found, text)
        try:
            cursor = request.GET.get("cursor", "")
            size = preferences.page_size(request.user)  # type: ignore[arg-type]
            some = page(found, BY_KEY, descending=True, size=size, cursor=cursor)
        except BadCursor:
            some = page(found, BY_KEY, descending=True, size=size)
        out = outstanding_in(some.rows)
        agent = self.subject or self._own()
        decision = decide(self.actor, Authorization.MANAGE_PHONE_CARD, agent)
        context = {
            **self._head(request, decision.sentence if not decision.is_allowed else ""),
            "rows": [
                {**batch_row(one), "outstanding": shown(one.face_value * out[one.pk])}
                for one in some.rows
            ],
            "is_all": is_all,
            "shows": self._shows(request, is_all),
            "states": self._states(request, state),
            "query": request.GET.get("q", "")[:64],
            "is_narrowed": bool(text or state),
            "clear_url": self._address(request, q=None, state=None),
            "new_url": _new_url(agent) if agent and decision.is_allowed else "",
            "may_manage": decision.is_allowed,
            "currency": settings.CURRENCY,
            "pager": {
                "text": _("%(count)s shown, newest first") % {"count": len(some.rows)},
                "newer_url": self._address(request, cursor=some.before) if some.before else "",
                "older_url": self._address(request, cursor=some.after) if some.after else "",
                "newer_label": _("Newer"),
                "older_label": _("Older"),
                "first_url": self._address(request),
            },
        }
        return render(request, "billing/cards/batches.html", context)

    def _own(self) -> Account | None:
        own = self.actor.own
        return self.accounts.filter(pk=own.pk).first() if own else None

    def _batches(self, is_all: bool) -> QuerySet[CardBatch]:
        rows = batches_of(self.actor)
        if self.subject is None:
            return rows
        if is_all:
            return rows.filter(in_scope(Scope.of(self.subject.pk), "account"))
        return rows.filter(account=self.subject)

    def _head(self, request: HttpRequest, reason: str) -> dict[str, Any]:
        if self.subject is None:
            return {"account": None, "crumbs": [Crumb(_("Phone cards"))]}
        new = RowAction("new-batch", _("New batch"), "plus", _new_url(self.subject), reason)
        return account_head(
            request, self.subject, current="cards", page=_("Phone cards"), primary=new
        )

    def _address(self, request: HttpRequest, **changes: Any) -> str:
        parameters = request.GET.copy()
        parameters.pop("cursor", None)
        for name, value in changes.items():
            parameters.pop(name, None)
            if value:
                parameters[name] = value
        return f"?{parameters.urlencode()}"

    def _shows(self, request: HttpRequest, is_all: bool) -> list[dict[str, Any]]:
        if self.subject is None or not self.subject.is_agent:
            return []
        return [
            {"label": _("Direct"), "url": self._address(request, show=None), "current": not is_all},
            {"label": _("All"), "url": self._address(request, show="all"), "current": is_all},
        ]

    def _states(self, request: HttpRequest, state: str) -> list[dict[str, Any]]:
        states = [(value, label) for value, (label, _icon, _colour) in STATES.items()]
        every = [("", _("Any state")), *states]
        return [
            {
                "label": label,
                "url": self._address(request, state=value),
                "current": state == value,
            }
            for value, label in every
        ]


class AccountBatchesView(BatchesView):
    """The batches of one account (Direct), or of it and everything below it (All)."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str = "") -> HttpResponse:
        self.subject = self.get_account(account_id)
        return self.list_page(request)


def _new_url(account: Account) -> str:
    return reverse("billing:card-batch-new", args=[account.account_id])


class BatchNewView(PortalView):
    """Sent once, it shows what the batch would be; sent again with `confirmed`, a job makes it."""

    authorization = Authorization.MANAGE_PHONE_CARD

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        check_may_have_cards(account)
        return self._ask(account, BatchForm(actor=self.actor))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = BatchForm(request.POST, actor=self.actor)
        if "change" in request.POST:
            form.is_valid()
            return self._ask(account, form)
        if not form.is_valid():
            return self._ask(account, form, status=422)
        try:
            planned = batch_preview(actor=self.actor, account=account, draft=form.draft())
            if "confirmed" not in request.POST:
                return self._check(account, form, planned)
            job = batch_request(
                actor=self.actor,
                account=account,
                draft=form.draft(),
                key=form.cleaned_data["idempotency_key"],
            )
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._ask(account, form, status=error.status)
        return SeeOther(reverse("job", args=[job.pk]))

    def _ask(self, account: Account, form: BatchForm, status: int = 200) -> HttpResponse:
        context = {**self._shared(account), "form": form}
        return render(self.request, "billing/cards/new.html", context, status=status)

    def _check(self, account: Account, form: BatchForm, planned: BatchPlan) -> HttpResponse:
        draft = planned.draft
        context = {
            **self._shared(account),
            "hidden": [*form.sent(), ("confirmed", "1")],
            "draft": draft,
            "count": figure(draft.count),
            "face_value": shown(draft.face_value),
            "total": shown(planned.total),
            "first": planned.serials.at(0),
            "last": planned.serials.at(draft.count - 1),
            "ends": last_day(draft.expires_at),
            "guess": guess_words(planned.one_in),
            "samples": [
                (planned.serials.at(at), pins.masked(pins.drawn(draft.pin_length)))
                for at in range(min(_SAMPLES, draft.count))
            ],
        }
        return render(self.request, "billing/cards/check.html", context)

    def _shared(self, account: Account) -> dict[str, Any]:
        return {
            "account": account,
            "page_heading": _("New card batch"),
            "crumbs": breadcrumb(self.request, account, _("New card batch")),
            "cancel_url": reverse("billing:account-cards", args=[account.account_id]),
            "currency": settings.CURRENCY,
        }


def batch_url(batch: CardBatch, **query: Any) -> str:
    url = reverse("billing:card-batch", args=[batch.pk])
    return f"{url}?{urlencode(query)}" if query else url

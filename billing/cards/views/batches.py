"""Lists of card batches, and the making of a new one."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.decisions import Decision
from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.moments import until_words
from accounts.kit.pagination import BY_KEY, Page
from accounts.portal.actions import RowAction
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Button, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.cards import pins
from billing.cards.filters import BatchFilter
from billing.cards.forms.cards import BatchForm
from billing.cards.models import CardBatch
from billing.cards.queries import batches_of, outstanding_in
from billing.cards.rules.batches import BatchPlan, check_may_have_cards
from billing.cards.services.batches import batch_preview
from billing.cards.services.generation import batch_request
from billing.cards.tables import BATCH_COLUMNS, batch_row, figure, guess_words, opening_words
from billing.money import shown

_SAMPLES = 5


class BatchesList(ListView):
    """Batches, the newest first. What one's own hierarchy has is always visible; making and
    changing takes authorization 3.
    """

    abstract = True
    what = "card_batches"
    heading = gettext_lazy("Phone cards")
    tab = "cards"
    template = "billing/cards/batches.html"
    columns = BATCH_COLUMNS
    filter_class = BatchFilter
    views = (
        ProductView(gettext_lazy("Not released"), {"state": "generated"}),
        ProductView(gettext_lazy("Partly released"), {"state": "partly"}),
        ProductView(gettext_lazy("Released"), {"state": "active"}),
        ProductView(gettext_lazy("Blocked"), {"state": "blocked"}),
        ProductView(gettext_lazy("Without a rate group"), {"calls_at": "none"}, is_work=True),
    )
    first_order = ("", BY_KEY, True)
    is_newest_first = True
    words = Words(
        search=gettext_lazy("Card batches"),
        every=gettext_lazy("All batches"),
        find=gettext_lazy("Name or serial"),
        file=gettext_lazy("%(kind)s, these batches"),
        no_match=gettext_lazy("No batch matches"),
        no_match_text=gettext_lazy("Clear the search to see all of them."),
        clear=gettext_lazy("Clear"),
    )

    def base(self, is_all: bool) -> QuerySet[CardBatch]:
        rows = batches_of(self.actor)
        if self.subject is None:
            return rows
        if is_all:
            return rows.filter(in_scope(Scope.of(self.subject.pk), "account"))
        return rows.filter(account=self.subject)

    def rows(self, objects: Sequence[CardBatch], names: Collection[str]) -> Any:
        out = outstanding_in(objects)
        return [{**batch_row(one), "outstanding": one.face_value * out[one.pk]} for one in objects]

    def key(self, row: dict[str, Any]) -> str:
        return str(row["name"])

    @cached_property
    def agent(self) -> Account | None:
        """Whose batches the viewer would make here."""
        if self.subject is not None or self.actor.own is None:
            return self.subject
        return self.accounts.filter(pk=self.actor.own.pk).first()

    @cached_property
    def manage(self) -> Decision:
        return decide(self.actor, Authorization.MANAGE_PHONE_CARD, self.agent)

    def _new_url(self) -> str:
        return _new_url(self.agent) if self.agent and self.manage.is_allowed else ""

    def head_more(self, state: ListState) -> dict[str, Any]:
        assert self.subject is not None
        reason = "" if self.manage.is_allowed else self.manage.sentence
        url = _new_url(self.subject)
        return {"primary": RowAction("new-batch", _("New batch"), "plus", url, reason)}

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        buttons = []
        if self.manage.is_allowed:
            buttons = [Button(_("PINs taken"), reverse("billing:card-pins-taken"), "key")]
            buttons += self._counter()
        if self._new_url():
            buttons.append(Button(_("New batch"), self._new_url(), "plus", is_primary=True))
        return buttons

    def tools(self, state: ListState) -> Sequence[Button]:
        return self._counter() if self.subject and self.manage.is_allowed else ()

    def _counter(self) -> list[Button]:
        return [
            Button(_("Find a card"), reverse("billing:card-look-up"), "search"),
            Button(_("Use a card"), reverse("billing:card-redeem"), "wallet"),
        ]

    def may_widen(self, state: ListState, shows: Sequence[Any]) -> bool:
        return False

    def pager_text(self, state: ListState, found: Page) -> str:
        return _("%(count)s shown, newest first") % {"count": len(found.rows)}

    def first_use(self, state: ListState) -> Empty:
        title = _("No card batches yet")
        if not self._new_url():
            return Empty(title, _("Batches of phone cards appear here, the newest first."))
        text = _(
            "A batch is made in the background, handed over as a file or on sheets, and released"
            " when it is to be sold."
        )
        return Empty(title, text, self._new_url(), _("New batch"), "plus", art=True)

    def title(self, state: ListState) -> Any:
        if self.subject is None:
            return self.heading
        return _("Phone cards of %(account)s") % {"account": self.subject.account_id}

    def caption(self, state: ListState) -> str:
        return _("Batches of phone cards, newest first")

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("billing:cards-export")
        return reverse("billing:account-cards-export", args=[self.subject.account_id])


class BatchesView(ListPage, BatchesList):
    """The batches of the whole scope; those of one account (Direct), or of it and everything below
    it (All).
    """

    authorization = None


class BatchesExportView(ListExport, BatchesList):
    """The same as a file: the batches, never a PIN."""

    authorization = None


def _new_url(account: Account) -> str:
    return reverse("billing:card-batch-new", args=[account.account_id])


class BatchNewView(PortalView):
    """Sent once, it shows what the batch would be; sent again with `confirmed`, a job makes it."""

    authorization = Authorization.MANAGE_PHONE_CARD

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        check_may_have_cards(account)
        return self._ask(account, BatchForm(actor=self.actor, account=account))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = BatchForm(request.POST, actor=self.actor, account=account)
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
            "ends": until_words(draft.expires_at, account.zone),
            "zone": account.time_zone,
            "guess": guess_words(planned.one_in),
            "opening": opening_words(
                draft.rate_group.name if draft.rate_group else "",
                draft.ctd_billing_model,
                draft.number_preset,
            ),
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

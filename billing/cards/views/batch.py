"""One batch of cards: its states, its cards, and what is done with it as a whole."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.kit.errors import Busy, Refused
from accounts.kit.pagination import Page
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import PortalForm, ReasonForm, add_domain_error
from accounts.portal.lists.parts import Bulk, Button, Deed, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListView
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.cards import pins
from billing.cards.filters import CardFilter
from billing.cards.forms.deeds import BatchExtendForm, MarkForm
from billing.cards.models import Card, CardBatch
from billing.cards.queries import (
    batches_of,
    cards_by_standing,
    chosen,
    outstanding_in,
    pins_taken_of,
)
from billing.cards.rules.batches import is_deletable
from billing.cards.rules.parts import in_range
from billing.cards.serials import cleaned
from billing.cards.services.batch_deeds import batch_block, batch_unblock
from billing.cards.services.deeds import cards_block, cards_sell, cards_unblock
from billing.cards.services.releasing import batch_extend, batch_extension_preview
from billing.cards.tables import (
    CARD_COLUMNS,
    bar,
    batch_row,
    card_row,
    figure,
    guess_words,
    opening_of,
)
from billing.cards.views.batches import batch_url
from billing.cards.views.extending import expected, extension_context
from billing.ledger.words import People
from billing.money import shown

Status = Card.Status
_MOST_TICKED = 250
_RELEASES = 6
# How cards stand that may be unused.
_UNUSED = (Status.NEW, Status.SOLD, Status.EXPIRED, Status.LOCKED)


class OneBatchView(PortalView):
    """A page about one batch: 404 outside the scope, 403 without the stated authorization."""

    abstract = True

    def find(self, pk: int) -> CardBatch:
        batch = batches_of(self.actor).filter(pk=pk).first()
        if batch is None:
            raise Http404
        # Read through the scope, as a page of the account would.
        account = self.accounts.select_related("parent").reached(batch.account_id)
        batch.account = account
        self.request.current_account = account  # type: ignore[attr-defined]
        self.require(account)
        return batch

    def shared(self, batch: CardBatch, name: Any = "") -> dict[str, Any]:
        *crumbs, last = breadcrumb(self.request, batch.account, _("Phone cards"))
        cards = reverse("billing:account-cards", args=[batch.account.account_id])
        crumbs += [last._replace(url=cards), last._replace(label=batch.name, url=batch_url(batch))]
        if name:
            crumbs.append(last._replace(label=name, url=""))
        else:
            crumbs[-1] = crumbs[-1]._replace(url="")
        return {
            "batch": batch,
            "row": batch_row(batch),
            "account_id": batch.account.account_id,
            "crumbs": crumbs,
            "batch_url": batch_url(batch),
            "currency": settings.CURRENCY,
        }


class BatchView(OneBatchView, ListView):
    """What became of the cards, and the list of them. PINs are hidden."""

    authorization = None
    heading = gettext_lazy("Cards")
    columns = CARD_COLUMNS
    filter_class = CardFilter
    tick_name = "card"
    switches = {"status": gettext_lazy("Status")}
    words = Words(
        search=gettext_lazy("Cards"),
        find=gettext_lazy("Serial"),
        find_hint=gettext_lazy("Serial, or its beginning"),
        no_match=gettext_lazy("No card matches"),
        no_match_text=gettext_lazy("Clear the search to see the whole batch."),
        clear=gettext_lazy("Clear"),
        tick=gettext_lazy("Select card %(row)s"),
        ticked=gettext_lazy("Selected cards"),
    )

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.batch = self.find(pk)
        self.manage = decide(self.actor, Authorization.MANAGE_PHONE_CARD, self.batch.account)
        state = self.state_of(request.GET)
        context = {**self.list_context(request, state), **self._about()}
        status = 200 if state.is_valid else 422
        return render(request, "billing/cards/batch.html", context, status=status)

    def base(self, is_all: bool) -> Any:
        return self.batch.cards.select_related("account")

    def rows(self, objects: Sequence[Card], names: Collection[str]) -> Any:
        self.releases = list(pins_taken_of(self.batch)[:_RELEASES])
        paid = [card.account for card in objects if card.account is not None]
        self.people = People(self.actor, self.releases, others=paid)
        may = self.manage.is_allowed
        rows = []
        for card in objects:
            card.batch = self.batch
            rows.append({**card_row(card, self.people, with_end=may), "may_reveal": may})
        return rows

    def key(self, row: dict[str, Any]) -> str:
        return str(row["serial"])

    def caption(self, state: ListState) -> str:
        return _("Cards of batch %(name)s") % {"name": self.batch.name}

    def pager_text(self, state: ListState, found: Page) -> str:
        return _("%(shown)s shown of a batch of %(count)s") % {
            "shown": len(found.rows),
            "count": figure(self.batch.count),
        }

    def tools(self, state: ListState) -> Sequence[Button]:
        if not self.manage.is_allowed:
            return ()
        url = reverse("billing:cards-mark", args=[self.batch.pk])
        return [Button(_("Mark a range…"), url, "card")]

    def bulk(self, state: ListState) -> Bulk | None:
        if not self.manage.is_allowed:
            return None
        deeds = [
            Deed("sell", _("Mark as sold…")),
            Deed("block", _("Block…"), "lock"),
            Deed("unblock", _("Unblock…"), "unlock"),
        ]
        return Bulk(reverse("billing:cards-mark", args=[self.batch.pk]), deeds)

    def first_use(self, state: ListState) -> Empty:
        return Empty(self.words.no_match)

    def _about(self) -> dict[str, Any]:
        """The batch as a whole."""
        batch, may = self.batch, self.manage.is_allowed
        counts = cards_by_standing(batch)
        outstanding = outstanding_in([batch])[batch.pk]
        releasable = batch.cards.releasable(timezone.now(), batch).count()
        return {
            **self.shared(batch),
            "bar": bar(counts, batch.count),
            "outstanding": figure(outstanding),
            "outstanding_value": shown(batch.face_value * outstanding),
            "releasable": figure(releasable) if releasable else "",
            "may_release": bool(releasable) and batch.state != CardBatch.State.BLOCKED,
            "may_delete": may and is_deletable(batch),
            "may_withdraw": any(counts.get(one) for one in _UNUSED),
            "guess": guess_words(pins.one_in(batch.pin_length, batch.count)),
            "opening": opening_of(self.actor, batch),
            "releases": [
                {
                    "what": one.get_kind_display(),
                    "at": one.at,
                    "who": self.people.who(one),
                    "reason": one.reason,
                    "count": figure(one.count),
                }
                for one in self.releases
            ],
            "may_manage": may,
            "why_not": "" if may else self.manage.sentence,
            "above": "billing/cards/_hidden_pins.html",
        }


class BatchDeedView(OneBatchView):
    """A deed on a whole batch, after a page that says what it does."""

    abstract = True
    form_class: type[PortalForm] = ReasonForm
    heading: Any = ""
    submit: Any = ""
    effects: tuple[tuple[str, str, Any], ...] = ()
    is_dangerous = False
    done: Any = ""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self.find(pk)
        return self._page(batch, self.form(batch))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self.find(pk)
        form = self.form(batch, request.POST)
        if not form.is_valid():
            return self._page(batch, form, status=422)
        try:
            self.act(batch, form)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(batch, form, status=error.status)
        messages.success(request, self.done % {"name": batch.name})
        return SeeOther(self.after(batch))

    def form(self, batch: CardBatch, data: Any = None) -> PortalForm:
        return self.form_class(data, actor=self.actor)

    def act(self, batch: CardBatch, form: PortalForm) -> None:
        raise NotImplementedError

    def more(self, batch: CardBatch) -> dict[str, Any]:
        """What the page says beyond the fixed effects."""
        return {}

    def after(self, batch: CardBatch) -> str:
        """Where it goes on."""
        return batch_url(batch)

    def _page(self, batch: CardBatch, form: PortalForm, status: int = 200) -> HttpResponse:
        heading = self.heading % {"name": batch.name}
        context = {
            **self.shared(batch, heading),
            "page_heading": heading,
            "form": form,
            "submit": self.submit % {"count": figure(batch.count)},
            "effects": self.effects,
            "is_dangerous": self.is_dangerous,
            "cancel_url": batch_url(batch),
            **self.more(batch),
        }
        return render(self.request, "billing/cards/deed.html", context, status=status)


class BatchBlockView(BatchDeedView):
    """Unused cards are worthless until the batch is unblocked."""

    authorization = Authorization.MANAGE_PHONE_CARD
    heading = gettext_lazy("Block %(name)s")
    submit = gettext_lazy("Block the batch of %(count)s cards")
    effects = (
        ("lock", "danger", gettext_lazy("No card of this batch can be used, sold ones included.")),
        ("account", "info", gettext_lazy("Accounts that its cards opened stay as they are.")),
        ("wallet", "info", gettext_lazy("Released cards keep their value handed out.")),
        ("undo", "info", gettext_lazy("Unblocking puts everything back as it was.")),
    )
    is_dangerous = True
    done = gettext_lazy("%(name)s is blocked.")

    def act(self, batch: CardBatch, form: PortalForm) -> None:
        batch_block(actor=self.actor, batch=batch, reason=form.cleaned_data["reason"])


class BatchUnblockView(BatchDeedView):
    """Back to what it was."""

    authorization = Authorization.MANAGE_PHONE_CARD
    heading = gettext_lazy("Unblock %(name)s")
    submit = gettext_lazy("Unblock the batch of %(count)s cards")
    effects = (
        ("unlock", "info", gettext_lazy("The batch is what it was before: released, or not.")),
    )
    done = gettext_lazy("%(name)s is unblocked.")

    def act(self, batch: CardBatch, form: PortalForm) -> None:
        batch_unblock(actor=self.actor, batch=batch, reason=form.cleaned_data["reason"])


class BatchExtendView(BatchDeedView):
    """Another day until which unused cards count."""

    authorization = Authorization.MANAGE_PHONE_CARD
    form_class = BatchExtendForm
    heading = gettext_lazy("Extend %(name)s")
    submit = gettext_lazy("Save the day of %(count)s cards")
    done = gettext_lazy("%(name)s has another day.")

    def form(self, batch: CardBatch, data: Any = None) -> PortalForm:
        zone = batch.account.zone
        return BatchExtendForm(data, actor=self.actor, zone=zone, until=batch.expires_at)

    def more(self, batch: CardBatch) -> dict[str, Any]:
        return extension_context(
            self.actor, lambda: batch_extension_preview(actor=self.actor, batch=batch)
        )

    def act(self, batch: CardBatch, form: PortalForm) -> None:
        assert isinstance(form, BatchExtendForm)
        batch_extend(
            actor=self.actor,
            batch=batch,
            expires_at=form.until(),
            reason=form.cleaned_data["reason"],
            expected=expected(self.request),
        )


class CardsMarkView(OneBatchView):
    """Ticked cards, or those from one serial to another: sold, blocked, unblocked."""

    authorization = Authorization.MANAGE_PHONE_CARD

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self.find(pk)
        return self._page(batch, MarkForm(actor=self.actor, ticked=[]), [])

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self.find(pk)
        ticked = request.POST.getlist("card")[:_MOST_TICKED]
        if ticked and "confirmed" not in request.POST:
            deed = {"deed": request.POST.get("deed", "sell")}
            return self._page(
                batch, MarkForm(actor=self.actor, ticked=ticked, initial=deed), ticked
            )
        form = MarkForm(request.POST, actor=self.actor, ticked=ticked)
        if not form.is_valid():
            return self._page(batch, form, ticked, status=422)
        try:
            count = self._act(batch, form, ticked)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(batch, form, ticked, status=error.status)
        words = ngettext("%(count)s card was changed.", "%(count)s cards were changed.", count)
        messages.success(request, words % {"count": figure(count)})
        return SeeOther(batch_url(batch))

    def _act(self, batch: CardBatch, form: MarkForm, ticked: list[str]) -> int:
        values = form.cleaned_data
        cards = (
            chosen(batch, ticked) if ticked else in_range(batch, values["first"], values["last"])
        )
        if values["deed"] == "sell":
            return cards_sell(actor=self.actor, batch=batch, cards=cards)
        deed: Callable[..., int] = cards_block if values["deed"] == "block" else cards_unblock
        return deed(actor=self.actor, batch=batch, cards=cards, reason=values["reason"])

    def _page(
        self, batch: CardBatch, form: MarkForm, ticked: list[str], status: int = 200
    ) -> HttpResponse:
        context = {
            **self.shared(batch, _("Mark cards")),
            "page_heading": _("Mark cards of %(name)s") % {"name": batch.name},
            "form": form,
            "hidden": [("confirmed", "1"), *(("card", cleaned(one)) for one in ticked)],
            "ticked": [cleaned(one) for one in ticked[:20]],
            "more": max(len(ticked) - 20, 0),
            "cancel_url": batch_url(batch),
            "action": reverse("billing:cards-mark", args=[batch.pk]),
        }
        return render(self.request, "billing/cards/mark.html", context, status=status)

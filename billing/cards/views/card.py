"""One card: what became of it, its PIN, and what is done with it."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.kit.errors import Busy, Refused
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import ReasonForm, add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.cards import pins
from billing.cards.forms.deeds import CallersForm, ExtendForm
from billing.cards.models import Card
from billing.cards.queries import callers_of, cards_of
from billing.cards.serials import cleaned
from billing.cards.services.callers import card_callers_set
from billing.cards.services.deeds import card_block, card_unblock
from billing.cards.services.releasing import card_extend, card_extension_preview
from billing.cards.services.secrets import card_reveal
from billing.cards.tables import batch_row, card_row
from billing.cards.views.batches import batch_url
from billing.cards.views.extending import expected, extension_context
from billing.ledger.words import People
from billing.money import shown

Status = Card.Status


class OneCardView(PortalView):
    """A page about one card: 404 outside the scope, 403 without the stated authorization."""

    abstract = True

    def find(self, serial: str) -> Card:
        card = cards_of(self.actor).filter(serial=cleaned(serial)).first()
        if card is None:
            raise Http404
        account = self.accounts.select_related("parent").reached(card.batch.account_id)
        card.batch.account = account
        self.request.current_account = account  # type: ignore[attr-defined]
        self.require(account)
        others = [card.account] if card.account is not None else []
        self.people = People(self.actor, others=others)
        return card

    def has_left(self, card: Card) -> bool:
        """Whether the account that has the card's value is out of reach: it has moved."""
        return card.account_id is not None and not self.people.knows(card.account_id)

    def shared(self, card: Card, name: Any = "") -> dict[str, Any]:
        batch = card.batch
        *crumbs, last = breadcrumb(self.request, batch.account, _("Phone cards"))
        cards = reverse("billing:account-cards", args=[batch.account.account_id])
        own = reverse("billing:card", args=[card.serial])
        crumbs += [
            last._replace(url=cards),
            last._replace(label=batch.name, url=batch_url(batch)),
            last._replace(label=card.serial, url=own if name else ""),
        ]
        if name:
            crumbs.append(last._replace(label=name, url=""))
        decision = decide(self.actor, Authorization.MANAGE_PHONE_CARD, batch.account)
        return {
            "card": card,
            "row": card_row(card, self.people, with_end=decision.is_allowed),
            "batch_row": batch_row(batch),
            "account_id": batch.account.account_id,
            "face_value": shown(batch.face_value),
            "currency": settings.CURRENCY,
            "crumbs": crumbs,
            "card_url": own,
            "may_manage": decision.is_allowed,
            "why_not": "" if decision.is_allowed else decision.sentence,
        }


class CardView(OneCardView):
    """What became of the card. Its PIN is hidden."""

    authorization = None

    def get(self, request: HttpRequest, serial: str) -> HttpResponse:
        card = self.find(serial)
        context = {
            **self.shared(card),
            "is_locked": card.status == Status.LOCKED,
            "may_change": card.status not in (Status.USED_UP, Status.WITHDRAWN)
            and not self.has_left(card),
            "withdraw_url": self._withdraw_url(card),
            # Of whom a card that has moved away is used, is no matter of the agent it left.
            "callers": [] if self.has_left(card) else callers_of(card),
            "payment_url": reverse("billing:payment", args=[card.transaction_id])
            if card.transaction_id and not self.has_left(card)
            else "",
        }
        return render(request, "billing/cards/card.html", context)

    def _withdraw_url(self, card: Card) -> str:
        """A card is withdrawn as a range of one."""
        if card.activated_at is not None or card.withdrawn_at is not None:
            return ""
        url = reverse("billing:card-batch-withdraw", args=[card.batch_id])
        return f"{url}?{urlencode({'first': card.serial, 'last': card.serial})}"


class CardRevealView(OneCardView):
    """The PIN, after a reason and a sign-in that is not old. It is in no address and kept by
    nobody.
    """

    authorization = Authorization.MANAGE_PHONE_CARD
    gain = Gain.CARD_SECRETS
    in_view_as = False

    def get(self, request: HttpRequest, serial: str) -> HttpResponse:
        card = self.find(serial)
        return self._page(card, ReasonForm(actor=self.actor))

    def post(self, request: HttpRequest, serial: str) -> HttpResponse:
        card = self.find(serial)
        form = ReasonForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(card, form, status=422)
        pin = card_reveal(actor=self.actor, card=card, reason=form.cleaned_data["reason"])
        return self._page(card, None, shown_pin=pins.grouped(pin))

    def _page(
        self, card: Card, form: ReasonForm | None, *, shown_pin: str = "", status: int = 200
    ) -> HttpResponse:
        heading = _("Show the PIN of %(serial)s") % {"serial": card.serial}
        context = {
            **self.shared(card, _("Show PIN")),
            "page_heading": heading,
            "form": form,
            "shown_pin": shown_pin,
        }
        return render(self.request, "billing/cards/reveal.html", context, status=status)


class CardDeedView(OneCardView):
    """A deed on one card, with a reason. 404 where it would go with an account that has moved."""

    abstract = True
    form_class: type[ReasonForm] = ReasonForm
    heading: Any = ""
    done: Any = ""
    # What the button says; the heading where it says nothing else.
    submit: Any = ""
    is_dangerous = False

    def find(self, serial: str) -> Card:
        card = super().find(serial)
        if self.has_left(card):
            raise Http404
        return card

    def get(self, request: HttpRequest, serial: str) -> HttpResponse:
        card = self.find(serial)
        return self._page(card, self.form(card))

    def post(self, request: HttpRequest, serial: str) -> HttpResponse:
        card = self.find(serial)
        form = self.form(card, request.POST)
        if not form.is_valid():
            return self._page(card, form, status=422)
        try:
            self.act(card, form)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(card, form, status=error.status)
        messages.success(request, self.done % {"serial": card.serial})
        return SeeOther(reverse("billing:card", args=[card.serial]))

    def form(self, card: Card, data: Any = None) -> ReasonForm:
        return self.form_class(data, actor=self.actor)

    def act(self, card: Card, form: ReasonForm) -> None:
        raise NotImplementedError

    def more(self, card: Card) -> dict[str, Any]:
        """What the page says beyond the effects."""
        return {}

    def effects(self, card: Card) -> list[tuple[str, str, Any]]:
        """(icon, colour, words) of what goes with it."""
        if card.account is None or Status.ACTIVE not in (card.status, card.locked_from):
            return []
        words = _("The account %(account)s, which it opened, goes with it.")
        return [("account", "info", words % {"account": card.account.account_id})]

    def _page(self, card: Card, form: ReasonForm, status: int = 200) -> HttpResponse:
        heading = self.heading % {"serial": card.serial}
        context = {
            **self.shared(card, heading),
            "page_heading": heading,
            "form": form,
            "effects": self.effects(card),
            "submit": self.submit or heading,
            "is_dangerous": self.is_dangerous,
            "cancel_url": reverse("billing:card", args=[card.serial]),
            **self.more(card),
        }
        return render(self.request, "billing/cards/deed.html", context, status=status)


class CardBlockView(CardDeedView):
    """The card, and the account it opened, cannot be used."""

    authorization = Authorization.MANAGE_PHONE_CARD
    heading = gettext_lazy("Block card %(serial)s")
    done = gettext_lazy("Card %(serial)s is blocked.")
    is_dangerous = True

    def act(self, card: Card, form: ReasonForm) -> None:
        card_block(actor=self.actor, card=card, reason=form.cleaned_data["reason"])


class CardUnblockView(CardDeedView):
    """Back to what it was."""

    authorization = Authorization.MANAGE_PHONE_CARD
    heading = gettext_lazy("Unblock card %(serial)s")
    done = gettext_lazy("Card %(serial)s is unblocked.")

    def act(self, card: Card, form: ReasonForm) -> None:
        card_unblock(actor=self.actor, card=card, reason=form.cleaned_data["reason"])


class CardExtendView(CardDeedView):
    """Another last day."""

    authorization = Authorization.MANAGE_PHONE_CARD
    heading = gettext_lazy("Extend card %(serial)s")
    done = gettext_lazy("Card %(serial)s has another day.")

    def form(self, card: Card, data: Any = None) -> ReasonForm:
        zone = card.batch.account.zone
        return ExtendForm(data, actor=self.actor, zone=zone, until=card.ends_at)

    def more(self, card: Card) -> dict[str, Any]:
        return extension_context(
            self.actor, lambda: card_extension_preview(actor=self.actor, card=card)
        )

    def act(self, card: Card, form: ReasonForm) -> None:
        assert isinstance(form, ExtendForm)
        until = form.until()
        assert until is not None
        card_extend(
            actor=self.actor,
            card=card,
            expires_at=until,
            reason=form.cleaned_data["reason"],
            expected=expected(self.request),
        )


class CardCallersView(CardDeedView):
    """Whose calls to an access number are the card's without its PIN."""

    authorization = Authorization.MANAGE_PHONE_CARD
    gain = Gain.CARD_SECRETS
    heading = gettext_lazy("Caller numbers of card %(serial)s")
    submit = gettext_lazy("Save the numbers")
    done = gettext_lazy("The caller numbers of card %(serial)s are saved.")

    def form(self, card: Card, data: Any = None) -> ReasonForm:
        numbers = "\n".join(callers_of(card))
        return CallersForm(data, actor=self.actor, initial={"numbers": numbers})

    def effects(self, card: Card) -> list[tuple[str, str, Any]]:
        return []

    def act(self, card: Card, form: ReasonForm) -> None:
        assert isinstance(form, CallersForm)
        card_callers_set(
            actor=self.actor, card=card, numbers=form.lines(), reason=form.cleaned_data["reason"]
        )

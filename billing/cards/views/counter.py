"""At the counter: using a card, and finding one by its serial or its complete PIN.

PINs come by POST alone and are in no address, no answer and no log.
"""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.core.authorizations import Authorization
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.moments import until_words
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.cards import pins
from billing.cards.forms.cards import LookUpForm, RedeemForm
from billing.cards.queries import cards_of
from billing.cards.serials import cleaned
from billing.cards.services.attempts import MINUTES, MOST
from billing.cards.services.redeeming import RedeemPlan, card_look_up, card_redeem, redeem_preview
from billing.cards.tables import card_row
from billing.ledger.words import People
from billing.money import shown
from billing.wallets.queries import wallets_of


class CounterView(PortalView):
    """For whoever holds authorization 3 at all: on the own account, which is below itself."""

    abstract = True

    def check(self) -> None:
        """Raise NotAllowed unless the actor may work with cards."""
        own = self.actor.own
        self.require(self.accounts.get(pk=own.pk) if own is not None else None)

    def shared(self, name: Any) -> dict[str, Any]:
        return {
            "page_heading": name,
            "crumbs": [Crumb(_("Phone cards"), reverse("billing:cards")), Crumb(name)],
            "cancel_url": reverse("billing:cards"),
            "most": MOST,
            "minutes": MINUTES,
            "currency": settings.CURRENCY,
        }


@method_decorator(sensitive_post_parameters("pin", "sealed"), name="dispatch")
class RedeemView(CounterView):
    """A PIN and where its value goes; then what it does, and the deed."""

    authorization = Authorization.MANAGE_PHONE_CARD

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check()
        initial = {"account": request.GET.get("account", "")[:32]}
        return self._ask(RedeemForm(actor=self.actor, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        self.check()
        form = RedeemForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._ask(form, status=422)
        values = form.cleaned_data
        asked = {
            "actor": self.actor,
            "pin": values["pin"],
            "target": form.target,
            "new_account_id": "" if form.target else values["account"],
        }
        try:
            if "confirmed" not in request.POST:
                return self._check(form, redeem_preview(**asked))
            made = card_redeem(**asked, idempotency_key=values["idempotency_key"])
        except NotAllowed:
            raise
        except DomainError as error:
            if isinstance(error, NotInScope) or error.field in ("account_id", "parent"):
                error.field = "account"
            add_domain_error(form, error)
            return self._ask(form, status=422 if isinstance(error, NotInScope) else error.status)
        return SeeOther(reverse("billing:payment", args=[made.pk]))

    def _ask(self, form: RedeemForm, status: int = 200) -> HttpResponse:
        context = {**self.shared(_("Use a card")), "form": form}
        return render(self.request, "billing/cards/redeem.html", context, status=status)

    def _check(self, form: RedeemForm, planned: RedeemPlan) -> HttpResponse:
        target = planned.target
        before = wallets_of([target])[target.pk].balance if target else Decimal(0)
        context = {
            **self.shared(_("Use a card")),
            "hidden": [*form.sent(), ("confirmed", "1")],
            "planned": planned,
            "row": card_row(planned.card, People(self.actor), with_end=True),
            "amount": shown(planned.amount),
            "target": target,
            "before": shown(before),
            "after": shown(planned.amount + before),
            "until": until_words(planned.valid_until, planned.card.batch.account.zone),
            "here": reverse("billing:card-redeem"),
        }
        return render(self.request, "billing/cards/redeem_check.html", context)


@method_decorator(sensitive_post_parameters("text"), name="dispatch")
class LookUpView(CounterView):
    """Leads to the card. A wrong serial, a wrong PIN and somebody else's get the same answer."""

    authorization = Authorization.MANAGE_PHONE_CARD

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check()
        return self._page(LookUpForm(actor=self.actor))

    def post(self, request: HttpRequest) -> HttpResponse:
        self.check()
        form = LookUpForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(form, status=422)
        text = form.cleaned_data["text"]
        card = cards_of(self.actor).filter(serial=cleaned(text)).first()
        try:
            if card is None and pins.typed(text):
                card = card_look_up(actor=self.actor, pin=text)
        except NotAllowed:
            raise
        except DomainError as error:
            message = str(error.message) if error.status == 429 else _nothing()
            form.add_error("text", message)
            return self._page(form, status=error.status)
        if card is None:
            form.add_error("text", _nothing())
            return self._page(form, status=422)
        return SeeOther(reverse("billing:card", args=[card.serial]))

    def _page(self, form: LookUpForm, status: int = 200) -> HttpResponse:
        context = {**self.shared(_("Find a card")), "form": form}
        return render(self.request, "billing/cards/look_up.html", context, status=status)


def _nothing() -> str:
    return _("No card within your reach has this serial or PIN.")

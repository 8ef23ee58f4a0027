"""Before a payment: whom it goes to, and what it would do while it is typed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import DomainError, NotInScope
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther, came_from
from billing.ledger.models import Transaction
from billing.money import plain, shown
from billing.payments.forms import PaymentForm, WhomForm
from billing.payments.lasting import lasts
from billing.payments.queries import usual_of
from billing.payments.rules import check_takes_payments, why_check_first
from billing.payments.services.paying import Payment, PaymentPlan, payment_preview
from billing.payments.words import funding, pay_deed, short_deed, sides_shown

Kind = Transaction.Kind


class PaymentStartView(PortalView):
    """A payment from wherever one stands: once the account is named, its form takes the place of
    this one, in the page that stands or, without script, as the next one.
    """

    authorization = Authorization.PAY_SUB_ACCOUNT

    def get(self, request: HttpRequest) -> HttpResponse:
        own = self.actor.own
        self.require(self.accounts.get(pk=own.pk) if own is not None else None, is_agent_id=True)
        back = came_from(request)
        form = WhomForm(request.GET if "account" in request.GET else None, actor=self.actor)
        if form.is_bound and form.is_valid() and form.named is not None:
            return self._go_on(form.named, {**form.typed(), **({"back": back} if back else {})})
        context = {
            "form": form,
            "back": back,
            "balance": "–",
            "currency": settings.CURRENCY,
            "page_heading": _("New payment"),
            "crumbs": [Crumb(_("Payments"), reverse("billing:payments")), Crumb(_("New payment"))],
        }
        status = 422 if form.is_bound else 200
        return render(request, "billing/payments/start.html", context, status=status)

    def _go_on(self, account: Account, typed: Mapping[str, str]) -> HttpResponse:
        """To the form of the account. Where that page refuses, or asks for a proof first, it is
        opened as a page, which says so.
        """
        page = reverse("billing:payment-new", args=[account.account_id])
        page = f"{page}?{urlencode(typed)}" if typed else page
        if self.request.htmx and not self._is_plain(account):  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(page)
        return SeeOther(page)

    def _is_plain(self, account: Account) -> bool:
        try:
            self.require(account)
            check_takes_payments(self.actor, account)
        except DomainError:
            return False
        return account.pk != self.actor.account_pk


class PaymentEffectView(PortalView):
    """What stands beside the form while it is filled in: before and after, or why not. Pays
    nothing.
    """

    authorization = Authorization.PAY_SUB_ACCOUNT
    own_authorization = Authorization.PAY_OWN_ACCOUNT
    records_refusals = False

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = PaymentForm(request.GET, actor=self.actor, account=account)
        wallet = account.wallet
        context: dict[str, Any] = {
            "is_part": True,
            "currency": settings.CURRENCY,
            "balance": shown(wallet.balance),
        }
        context |= self._effect(account, form)
        plan = context.get("plan")
        if "panel" not in request.GET:
            left = plan.sides[0].available_after if plan else wallet.available
            context["lasts"] = lasts(account, left)
            return render(request, "billing/payments/_effect.html", context)
        if plan is not None:
            context |= self._at_once(account, plan)
        return render(request, "billing/payments/_panel_effect.html", context)

    def _at_once(self, account: Account, plan: PaymentPlan) -> dict[str, Any]:
        """Whether the panel's button pays, and what it says then; or why there is a check first."""
        why = why_check_first(
            plan.payment.kind,
            plan.amount,
            usual_of(account),
            is_own=account.pk == self.actor.account_pk,
            is_repeat=plan.repeats is not None,
            is_uncovered=bool(plan.shortfalls),
        )
        if why:
            return {"why": why}
        return {"at_once": plain(plan.amount), "deed": pay_deed(plan)}

    def _effect(self, account: Account, form: PaymentForm) -> dict[str, Any]:
        # The reference and the memo, which some payments must have, are not typed yet.
        form.is_valid()
        errors = [str(one) for name in ("amount", "source") for one in form.errors.get(name, [])]
        if errors:
            return {"refusal": errors[0]}
        kind, amount = form.cleaned_data.get("kind", ""), form.cleaned_data.get("amount")
        is_whole = amount is not None or kind == Kind.MAKE_ZERO
        if not is_whole or (kind == Kind.TRANSFER and form.payer is None):
            return {}
        asked = Payment(kind, amount, reference="-", memo="-", source=form.payer)
        try:
            plan = payment_preview(actor=self.actor, account=account, payment=asked)
        except NotInScope:
            raise
        except DomainError as error:
            return {"refusal": str(error.message)}
        return {
            "plan": plan,
            "sides": sides_shown(self.actor, plan),
            "funding": funding(self.actor, plan),
            "shortfalls": [one.words for one in plan.shortfalls],
            "deed": short_deed(plan),
        }

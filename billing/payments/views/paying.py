"""Making a payment: the form, the check page with the balances before and after, the receipt."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import DomainError, NotInScope
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import breadcrumb, way_to
from accounts.portal.forms.base import add_domain_error
from accounts.portal.standing import standing
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.errors import BadAmount, KeyReused
from billing.handing_out.queries.agents import agent_covers
from billing.handing_out.words import agent_cover_shown
from billing.ledger.models import Transaction
from billing.ledger.words import People
from billing.money import parse_amount, plain, shown, signed
from billing.payments.forms import PaymentForm
from billing.payments.rules import check_takes_payments
from billing.payments.services.paying import PaymentPlan, payment_make, payment_preview

Kind = Transaction.Kind


class PaymentNewView(PortalView):
    """Sent once, it shows what the payment does; sent again with `confirmed`, it pays."""

    authorization = Authorization.PAY_SUB_ACCOUNT
    own_authorization = Authorization.PAY_OWN_ACCOUNT

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        check_takes_payments(self.actor, account)
        self._prove_own(account)
        return self._ask(account, self._form(account))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        self._prove_own(account)
        form = self._form(account, request.POST)
        if "change" in request.POST:
            return self._ask(account, form)
        if not form.is_valid():
            return self._ask(account, form, status=422)
        self.prove(Gain.TRANSFER if form.is_transfer else None)
        if "confirmed" in request.POST:
            return self._pay(account, form)
        return self._check(account, form)

    def _prove_own(self, account: Account) -> None:
        """Paying accounts below asks for nothing: limits bound it."""
        self.prove(Gain.OWN_TOP_UP if account.pk == self.actor.account_pk else None)

    def _form(self, account: Account, data: Any = None) -> PaymentForm:
        return PaymentForm(data, actor=self.actor, account=account)

    def _pay(self, account: Account, form: PaymentForm) -> HttpResponse:
        if form.cleaned_data["kind"] == Kind.MAKE_ZERO and self._shown_amount(form) is None:
            # Nobody has seen how much it would be.
            return self._check(account, form)
        try:
            made = payment_make(
                actor=self.actor,
                account=account,
                payment=form.payment(),
                idempotency_key=form.cleaned_data["idempotency_key"],
                is_repeat_meant="again" in self.request.POST,
                expected=self._shown_amount(form),
            )
        except NotInScope:
            raise
        except DomainError as error:
            if error.code == "repeated":
                return self._check(account, form, asks_again=True)
            if error.code == "changed_meanwhile":
                return self._check(account, form, changed=str(error.message))
            return self._refuse(account, form, error)
        return SeeOther(reverse("billing:payment", args=[made.pk]))

    def _check(
        self,
        account: Account,
        form: PaymentForm,
        *,
        asks_again: bool = False,
        changed: str = "",
    ) -> HttpResponse:
        """What the payment would do; or the form again, with the refusal at its field."""
        try:
            plan = payment_preview(actor=self.actor, account=account, payment=form.payment())
        except NotInScope:
            raise
        except DomainError as error:
            return self._refuse(account, form, error)
        context = {
            **self._shared(account, _("Check the payment")),
            "hidden": [*form.sent(), ("confirmed", "1"), ("shown", plain(plan.amount))],
            "plan": plan,
            "amount": shown(plan.amount),
            "kind": Kind(plan.payment.kind).label,
            "method": Transaction.Method(plan.payment.method).label if plan.payment.method else "",
            "sides": self._sides(plan),
            "sentence": self._sentence(plan),
            "funding": self._funding(plan),
            "covers": self._covers(plan),
            "shortfalls": [one.words for one in plan.shortfalls],
            "stopped": self._stopped(account) if plan.is_stopped else [],
            "repeats": self._repeats(plan.repeats) if plan.repeats else None,
            "asks_again": asks_again,
            "changed": changed,
            "deed": self._deed(plan),
        }
        status = 422 if asks_again or changed else 200
        return render(self.request, "billing/payments/check.html", context, status=status)

    def _shown_amount(self, form: PaymentForm) -> Decimal | None:
        """What the check page said, where the amount follows from the balance."""
        if form.cleaned_data["kind"] != Kind.MAKE_ZERO:
            return None
        try:
            return parse_amount(self.request.POST.get("shown", ""))
        except BadAmount:
            return None

    def _refuse(self, account: Account, form: PaymentForm, error: DomainError) -> HttpResponse:
        if error.status not in (422, 503):
            raise error
        add_domain_error(form, error)
        if isinstance(error, KeyReused):
            form.renew_key()
        return self._ask(account, form, status=error.status)

    def _ask(self, account: Account, form: PaymentForm, status: int = 200) -> HttpResponse:
        heading = _("Top up your account") if form.is_own else _("Payment")
        context = {
            **self._shared(account, heading),
            "form": form,
            "standing": standing(self.actor, way_to(self.request, account.pk)),
            "balance": shown(account.wallet.balance),
        }
        return render(self.request, "billing/payments/new.html", context, status=status)

    def _shared(self, account: Account, heading: Any) -> dict[str, Any]:
        return {
            "account": account,
            "is_own": account.pk == self.actor.account_pk,
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, _("Payment")),
            "currency": settings.CURRENCY,
        }

    def _stopped(self, account: Account) -> list[str]:
        return list(standing(self.actor, way_to(self.request, account.pk)).reasons)

    def _sides(self, plan: PaymentPlan) -> list[dict[str, Any]]:
        """The wallets that move, the one that loses first."""
        sides = sorted(plan.sides, key=lambda side: side.after > side.before)
        return [
            {
                "account": side.account,
                "is_own": side.account.pk == self.actor.account_pk,
                "is_out": side.after < side.before,
                "before": shown(side.before),
                "moved": signed(side.after - side.before),
                "after": shown(side.after),
                "available": None if side.available_after is None else shown(side.available_after),
                "is_low": side.is_low_after,
            }
            for side in sides
        ]

    def _sentence(self, plan: PaymentPlan) -> str:
        """ "Customer-1: 12.00 → 62.00 USD; your balance 1,204.50 → 1,154.50 USD"."""
        parts = []
        for side in plan.sides:
            values = {
                "account": side.account.account_id,
                "before": shown(side.before),
                "after": shown(side.after),
                "currency": settings.CURRENCY,
            }
            words = _("%(account)s: %(before)s → %(after)s %(currency)s")
            if side.account.pk == self.actor.account_pk:
                words = _("your balance %(before)s → %(after)s %(currency)s")
            parts.append(words % values)
        return "; ".join(parts)

    def _funding(self, plan: PaymentPlan) -> str:
        """Where the money comes from or goes to, in words."""
        account, *others = plan.sides
        if others:
            words = _("Correction: it leaves the balance of %(account)s. No money changes hands.")
            return words % {"account": others[0].account.account_id}
        if account.account.pk == self.actor.account_pk:
            return _("Recorded as paid by you. Administrators see it at once.")
        if self.actor.own is None:
            return _("Recorded: the money changes hands outside. No other balance moves.")
        return _("Recorded: the money changes hands outside. Your own balance stays as it is.")

    def _covers(self, plan: PaymentPlan) -> list[dict[str, Any]]:
        """What the agent directly above has handed out, and what the paid one has, if it does:
        before and after.
        """
        to, above = plan.sides[0], plan.sides[0].account.parent
        agents = [to.account]
        if plan.cover is not None and above is not None:
            agents.insert(0, above)
        found = agent_covers(agents)
        mine = [one for one in plan.sides if one.account.parent_id == to.account.parent_id]
        given = sum((one.worth_after - one.worth_before for one in mine), Decimal(0))
        changes = {to.account.pk: {"received": to.after - to.before}}
        return [
            {
                "agent": one.account_id,
                "is_own": one.pk == self.actor.account_pk,
                **agent_cover_shown(found[one.pk], **changes.get(one.pk, {"given": given})),
            }
            for one in agents
            if one.pk in found
        ]

    def _repeats(self, before: Transaction) -> dict[str, Any]:
        minutes = max(int((timezone.now() - before.at).total_seconds() // 60), 0)
        ago = (
            ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}
            if minutes
            else _("a moment ago")
        )
        return {
            "ago": ago,
            "who": People(self.actor, [before]).who(before),
            "reference": before.reference,
            "url": reverse("billing:payment", args=[before.pk]),
        }

    def _deed(self, plan: PaymentPlan) -> str:
        account, *others = plan.sides
        words = _("Pay %(amount)s %(currency)s to %(account)s")
        if others:
            words = _("Transfer %(amount)s %(currency)s to %(account)s")
        if account.after < account.before:
            words = _("Take %(amount)s %(currency)s from %(account)s")
        return words % {
            "amount": shown(plan.amount),
            "currency": settings.CURRENCY,
            "account": account.account.account_id,
        }

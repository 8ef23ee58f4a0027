"""Making a payment: the form, the check page with the balances before and after, the receipt."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

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
from accounts.portal.views.responses import SeeOther, came_from, way_back
from billing.errors import BadAmount, KeyReused
from billing.handing_out.queries.agents import agent_covers
from billing.handing_out.words import agent_cover_shown
from billing.ledger.models import Transaction
from billing.ledger.words import People
from billing.money import parse_amount, plain, shown
from billing.payments.forms import LONGEST_AMOUNT, LONGEST_REFERENCE, PaymentForm
from billing.payments.lasting import lasts
from billing.payments.queries import usual_of
from billing.payments.rules import check_takes_payments, why_unusual
from billing.payments.services.paying import PaymentPlan, payment_make, payment_preview
from billing.payments.words import deed, funding, sentence, sides_shown, usual_shown

Kind = Transaction.Kind


class PaymentNewView(PortalView):
    """Sent once, it shows what the payment does; sent again with `confirmed`, it pays."""

    authorization = Authorization.PAY_SUB_ACCOUNT
    own_authorization = Authorization.PAY_OWN_ACCOUNT

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        check_takes_payments(self.actor, account)
        self._prove_own(account)
        return self._ask(account, self._form(account, initial=self._asked_for()))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        self._prove_own(account)
        form = self._form(account, request.POST)
        if "change" in request.POST:
            return self._ask(account, form)
        if not form.is_valid():
            return self._ask(account, form, status=422)
        self.prove(Gain.TRANSFER if form.is_transfer else None)
        if "confirmed" in request.POST or self._is_said(form):
            return self._pay(account, form)
        return self._check(account, form)

    def _prove_own(self, account: Account) -> None:
        """Paying accounts below asks for nothing: limits bound it."""
        self.prove(Gain.OWN_TOP_UP if account.pk == self.actor.account_pk else None)

    def _is_said(self, form: PaymentForm) -> bool:
        """Whether the button that was pressed names the amount: it pays at once, where nothing has
        to be looked at first.
        """
        try:
            said = parse_amount(self.request.POST.get("at_once", ""))
        except BadAmount:
            return False
        return bool(said == form.cleaned_data["amount"])

    def _form(self, account: Account, data: Any = None, **more: Any) -> PaymentForm:
        return PaymentForm(data, actor=self.actor, account=account, **more)

    def _asked_for(self) -> dict[str, str]:
        """What is filled in: what the address says, and the page that led here, which the page
        before it may name.
        """
        asked = self.request.GET
        return {
            "amount": asked.get("amount", "")[:LONGEST_AMOUNT],
            "method": asked.get("method", ""),
            "reference": asked.get("reference", "")[:LONGEST_REFERENCE],
            "back": came_from(self.request),
        }

    def _pay(self, account: Account, form: PaymentForm) -> HttpResponse:
        if form.cleaned_data["kind"] == Kind.MAKE_ZERO and self._shown_amount(form) is None:
            # Nobody has seen how much it would be.
            return self._check(account, form)
        is_checked = "confirmed" in self.request.POST
        try:
            made = payment_make(
                actor=self.actor,
                account=account,
                payment=form.payment(),
                idempotency_key=form.cleaned_data["idempotency_key"],
                is_repeat_meant="again" in self.request.POST,
                is_checked=is_checked,
                expected=self._shown_amount(form),
            )
        except NotInScope:
            raise
        except DomainError as error:
            if error.code == "check_first":
                return self._check(account, form, why=str(error.message))
            if error.code == "repeated":
                return self._check(account, form, asks_again=True)
            if error.code == "changed_meanwhile":
                return self._check(account, form, changed=str(error.message))
            return self._refuse(account, form, error)
        if not is_checked:
            panel = reverse("accounts:panel", args=[account.account_id])
            return SeeOther(f"{panel}?{urlencode({'paid': made.key})}")
        receipt = reverse("billing:payment", args=[made.pk])
        back = form.cleaned_data["back"]
        return SeeOther(f"{receipt}?{urlencode({'back': back})}" if back else receipt)

    def _check(
        self,
        account: Account,
        form: PaymentForm,
        *,
        asks_again: bool = False,
        changed: str = "",
        why: str = "",
    ) -> HttpResponse:
        """What the payment would do; or the form again, with the refusal at its field."""
        try:
            plan = payment_preview(actor=self.actor, account=account, payment=form.payment())
        except NotInScope:
            raise
        except DomainError as error:
            return self._refuse(account, form, error)
        usual = usual_of(account)
        unusual = why_unusual(plan.payment.kind, plan.amount, usual)
        context = {
            **self._shared(account, _("Check the payment")),
            "hidden": [*form.sent(), ("confirmed", "1"), ("shown", plain(plan.amount))],
            "plan": plan,
            "amount": shown(plan.amount),
            "kind": Kind(plan.payment.kind).label,
            "method": Transaction.Method(plan.payment.method).label if plan.payment.method else "",
            "sides": sides_shown(self.actor, plan),
            "sentence": sentence(self.actor, plan),
            "funding": funding(self.actor, plan),
            "covers": self._covers(plan),
            "shortfalls": [one.words for one in plan.shortfalls],
            "stopped": self._stopped(account) if plan.is_stopped else [],
            "repeats": self._repeats(plan.repeats) if plan.repeats else None,
            "asks_again": asks_again,
            "changed": changed,
            "why": why,
            "unusual": unusual,
            # The page then does not begin at the button that pays.
            "is_large": bool(unusual) and usual.amount is not None,
            "deed": deed(plan),
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
        heading = _("Top up your account") if form.is_own else _("New payment")
        context = {
            **self._shared(account, heading),
            "form": form,
            "standing": standing(self.actor, way_to(self.request, account.pk)),
            "usual": usual_shown(usual_of(account)),
            "balance": shown(account.wallet.balance),
            "lasts": lasts(account, account.wallet.available),
            "back": way_back(self.request, form["back"].value() or "", ""),
            "is_unfolded": self._is_unfolded(form),
        }
        return render(self.request, "billing/payments/new.html", context, status=status)

    @staticmethod
    def _is_unfolded(form: PaymentForm) -> bool:
        """Whether what is rarely changed stands open: something in it is not as it comes."""
        rare = ("kind", "source", "memo")
        has_more = form["kind"].value() != Kind.RECHARGE or bool(form["memo"].value())
        return has_more or any(name in form.errors for name in rare if name in form.fields)

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

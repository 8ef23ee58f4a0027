"""Taking a payment back: its effects, a reason, the sign-in proven anew, the reversal."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.kit.errors import Busy, Refused
from accounts.kit.proof import Gain
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther
from billing.ledger.models import Transaction
from billing.ledger.queries.settlements import is_settled_transfer
from billing.money import shown
from billing.payments.forms import ReversalForm
from billing.payments.services.reversing import ReversedSide, reversal_preview, transaction_reverse
from billing.payments.views.receipt import receipt, shared


class ReversalView(PortalView):
    """For administrators. A refusal says what stands against it; nothing is ever edited."""

    authorization = None
    audience = ADMINISTRATORS
    gain = Gain.REVERSAL

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = receipt(self, pk)
        sides = reversal_preview(actor=self.actor, transaction=one)
        return self._page(one, sides, ReversalForm(actor=self.actor))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = receipt(self, pk)
        form = ReversalForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(one, self._sides(one), form, status=422)
        try:
            made = transaction_reverse(
                actor=self.actor,
                transaction=one,
                reason=form.cleaned_data["reason"],
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(one, self._sides(one), form, status=error.status)
        return SeeOther(reverse("billing:payment", args=[made.pk]))

    def _sides(self, one: Transaction) -> tuple[ReversedSide, ...]:
        try:
            return reversal_preview(actor=self.actor, transaction=one)
        except Refused:
            # The form says why already.
            return ()

    def _page(
        self,
        one: Transaction,
        sides: tuple[ReversedSide, ...],
        form: ReversalForm,
        status: int = 200,
    ) -> HttpResponse:
        self.request.current_account = one.account  # type: ignore[attr-defined]
        rows: list[dict[str, Any]] = [
            {
                "account": side.account,
                "before": shown(side.before),
                "after": shown(side.after),
                "is_below_limit": side.is_below_limit,
            }
            for side in sides
        ]
        context = {
            **shared(self.request, one, True, _("Reverse")),
            "account": one.account,
            "form": form,
            "sides": rows,
            "is_settled": is_settled_transfer(one),
            "heading": _("Reverse payment %(number)s") % {"number": one.key},
        }
        return render(self.request, "billing/payments/reverse.html", context, status=status)

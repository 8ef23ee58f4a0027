"""Former transfers: what agents are to be paid back, the check page, the deed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.kit.errors import Busy, Refused
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther
from billing.errors import BadAmount
from billing.ledger.forms import SettlementForm
from billing.ledger.queries.settlements import (
    Settlement,
    settled_before,
    settlement_due,
    settlements_due,
)
from billing.ledger.services.settling import settlement_post
from billing.money import parse_amount, plain, shown

# More agents, or more lines of one, are settled by the command.
_AGENTS, _LINES = 200, 500
_SHOWN = "shown-"


class _SettlingView(PortalView):
    """For administrators. Nothing is posted before it was shown."""

    abstract = True
    audience = ADMINISTRATORS

    def shared(self, heading: Any, *crumbs: Crumb) -> dict[str, Any]:
        """`crumbs` lead from the list to the page; without them it is the list."""
        url = reverse("billing:settlements") if crumbs else ""
        return {
            "page_heading": heading,
            "crumbs": [
                Crumb(_("Payments"), reverse("billing:payments")),
                Crumb(_("Former transfers"), url),
                *crumbs,
            ],
            "currency": settings.CURRENCY,
            "list_url": reverse("billing:settlements"),
        }


class SettlementsView(_SettlingView):
    """The agents with something to settle. The selected ones, posted, are shown; posted again with
    `confirmed` and a reason, they are settled, each for itself.
    """

    authorization = None
    gain = Gain.TRANSFER
    asks_when_opened = False

    def get(self, request: HttpRequest) -> HttpResponse:
        due = settlements_due(self.actor)
        context = {
            **self.shared(_("Former transfers")),
            "rows": [_row(one) for one in due[:_AGENTS]],
            "not_shown": max(len(due) - _AGENTS, 0),
            "total": shown(sum((one.amount for one in due), Decimal(0))),
            "count": number_format(len(due), force_grouping=True),
            "settled": self._settled(),
        }
        return render(request, "billing/ledger/settlements/list.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = set(request.POST.getlist("account"))
        due = [one for one in settlements_due(self.actor) if one.agent.account_id in asked]
        if not due:
            messages.warning(request, _("Nothing was selected that is to be settled."))
            return SeeOther(reverse("billing:settlements"))
        if "confirmed" not in request.POST:
            return self._check(due, SettlementForm(actor=self.actor))
        form = SettlementForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._check(due, form, status=422)
        return self._settle(due, form)

    def _settle(self, due: Sequence[Settlement], form: SettlementForm) -> HttpResponse:
        refused: list[Refused | Busy | BadAmount] = []
        for one in due:
            try:
                settlement_post(
                    actor=self.actor,
                    agent=one.agent,
                    reason=form.cleaned_data["reason"],
                    expected=self._shown_amount(one),
                )
            except (Refused, Busy, BadAmount) as error:
                refused.append(error)
        if len(due) == 1 and refused:
            add_domain_error(form, refused[0])
            return self._check(due, form, status=refused[0].status)
        for one_refused in refused:
            messages.warning(self.request, str(one_refused.message))
        settled = len(due) - len(refused)
        if settled:
            words = ngettext(
                "%(count)s agent is settled.", "%(count)s agents are settled.", settled
            )
            messages.success(self.request, words % {"count": settled})
        return SeeOther(reverse("billing:settlements"))

    def _check(
        self, due: Sequence[Settlement], form: SettlementForm, status: int = 200
    ) -> HttpResponse:
        hidden = [("confirmed", "1")]
        for one in due:
            hidden.append(("account", one.agent.account_id))
            hidden.append((f"{_SHOWN}{one.agent.account_id}", plain(one.amount)))
        total = shown(sum((one.amount for one in due), Decimal(0)))
        context = {
            **self.shared(_("Check the settlement"), Crumb(_("Check"))),
            "form": form,
            "hidden": hidden,
            "rows": [_row(one) for one in due],
            "deed": _("Pay back %(total)s %(currency)s")
            % {"total": total, "currency": settings.CURRENCY},
        }
        return render(self.request, "billing/ledger/settlements/check.html", context, status=status)

    def _shown_amount(self, one: Settlement) -> Decimal:
        """What the check page said; what it did not say is not settled."""
        try:
            return parse_amount(self.request.POST.get(f"{_SHOWN}{one.agent.account_id}", ""))
        except BadAmount:
            return Decimal(0)

    def _settled(self) -> list[dict[str, Any]]:
        return [
            {
                "account": one.account,
                "amount": shown(one.amount),
                "at": timezone.localtime(one.at),
                "who": one.actor,
                "reason": one.memo,
                "is_reversed": getattr(one, "reversed_by", None) is not None,
                "url": reverse("billing:payment", args=[one.pk]),
            }
            for one in settled_before(self.actor)[:_AGENTS]
        ]


class SettlementView(_SettlingView):
    """What one agent is to be paid back, by sub-account."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        agent = self.get_account(account_id)
        due = settlement_due(self.actor, agent)
        heading = _("Former transfers of %(account)s") % {"account": agent.account_id}
        context = {
            **self.shared(heading, Crumb(agent.account_id)),
            "account": agent,
            "row": None if due is None else _row(due),
            "settled": settled_before(self.actor).filter(account=agent).first(),
        }
        return render(request, "billing/ledger/settlements/agent.html", context)


def _row(one: Settlement) -> Mapping[str, Any]:
    balance = one.agent.wallet.balance
    return {
        "agent": one.agent,
        "amount": shown(one.amount),
        "before": shown(balance),
        "after": shown(balance + one.amount),
        "count": len(one.holdings),
        "not_shown": max(len(one.holdings) - _LINES, 0),
        "lines": [
            {
                "account": line.account,
                "given": shown(line.given),
                "taken_back": shown(line.taken_back),
                "balance": shown(line.balance),
                "held": shown(line.held),
            }
            for line in one.holdings[:_LINES]
        ],
    }

"""The receipt of a payment: what happened, to whom, by whom, and what took it back."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.moments import day_of_words, zone_words
from accounts.portal.breadcrumbs import Crumb, breadcrumb
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import way_back
from accounts.tree.queries.letterhead import addressee_of, letterhead_of
from billing.distributions.queries import distribution_of
from billing.ledger.models import Transaction
from billing.ledger.words import People
from billing.money import shown, signed
from billing.payments.queries import receipts_of, sides_of

Kind = Transaction.Kind


class ReceiptView(PortalView):
    """Every side the viewer reaches with its balance afterwards; other sides without a name."""

    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = receipt(self, pk)
        sides = sides_of(one)
        accounts = [side.wallet.account for side in sides if side.wallet]
        reversal = getattr(one, "reversed_by", None)
        people = People(self.actor, [one] if reversal is None else [one, reversal], accounts)
        account = one.account
        knows = people.knows(account.pk)
        if knows:
            request.current_account = account  # type: ignore[attr-defined]
        context = {
            **shared(request, one, knows),
            "account": account if knows else None,
            "sender": letterhead_of(account) if knows else None,
            "addressee": addressee_of(account) if knows else None,
            "to": people.account(account),
            "who": people.who(one),
            "memo": people.memo(one),
            "by_account": _by_account(people, one),
            "sides": [_side(people, one, side) for side in sides],
            "is_out": any(side.wallet_id == account.pk and side.amount < 0 for side in sides),
            "is_settlement": one.kind == Kind.SETTLED,
            "calls_url": _calls_url(one) if knows else "",
            "zone": zone_words(),
            "reversal": reversal,
            "reversal_reason": people.memo(reversal) if reversal else "",
            "distribution": distribution_of(self.actor, one),
            "may_reverse": self.actor.is_administrator
            and not self.actor.read_only
            and reversal is None
            and one.kind not in (Kind.REVERSAL, Kind.CALL, Kind.VOLUME),
            "back": way_back(request, request.GET.get("back", ""), ""),
            "may_pay": knows
            and account.status != Account.Status.CLOSED
            and account.pk != self.actor.account_pk
            and allows(self.actor, Authorization.PAY_SUB_ACCOUNT, account),
        }
        return render(request, "billing/payments/receipt.html", context)


def _calls_url(one: Transaction) -> str:
    """The calls that a movement of charges is the sum of, those of the week before it."""
    if one.kind != Transaction.Kind.CALL:
        return ""
    asked = {
        "show": "all",
        "movement": one.key,
        "since": day_of_words(one.at - timedelta(days=6)),
        "until": day_of_words(one.at),
    }
    # A carrier's clearing account calls nobody; it is paid for the calls of others.
    is_carrier = one.account.type == Account.Type.CLEARING
    name, args = ("calls", []) if is_carrier else ("account-calls", [one.account.account_id])
    return f"{reverse(f'billing:{name}', args=args)}?{urlencode(asked)}"


def receipt(view: PortalView, pk: int) -> Transaction:
    """The transaction of the address; 404 outside the scope."""
    one = receipts_of(view.actor).filter(pk=pk).first()
    if one is None:
        raise Http404
    return one


def shared(request: HttpRequest, one: Transaction, knows: bool, page: Any = "") -> dict[str, Any]:
    """What the pages of one transaction share."""
    title = _("Payment %(number)s") % {"number": one.key}
    if knows:
        crumbs = breadcrumb(request, one.account, title)
        url = reverse("billing:account-payments", args=[one.account.account_id])
        crumbs.insert(-1, Crumb(_("Payments"), url))
    else:
        crumbs = [Crumb(_("Payments"), reverse("billing:payments")), Crumb(title)]
    if page:
        crumbs[-1] = Crumb(title, reverse("billing:payment", args=[one.pk]))
        crumbs.append(Crumb(page))
    return {
        "payment": one,
        "amount": shown(one.amount),
        "currency": settings.CURRENCY,
        "crumbs": crumbs,
        "title": title,
    }


def _by_account(people: People, one: Transaction) -> str:
    """The account of who paid, where the viewer reaches it."""
    by = one.by_account
    return by.account_id if by is not None and people.knows(by.pk) else ""


def _side(people: People, one: Transaction, side: Any) -> dict[str, Any]:
    knows = people.knows(side.wallet_id)
    return {
        "account": people.account(side.wallet.account),
        "url": side.wallet.account.get_absolute_url() if knows else "",
        "amount": signed(side.amount),
        "is_theirs": side.wallet_id == one.account_id,
        "is_out": side.amount < 0,
        "before": shown(side.balance_after - side.amount) if knows else "",
        "after": shown(side.balance_after) if knows else "",
    }

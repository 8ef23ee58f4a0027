"""What billing adds to menus and dashboards about payments, for `accounts.portal.registry`."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import DomainError
from accounts.portal.registry import BulkAction, Card, Link
from billing.money import shown
from billing.payments.services.own_top_ups import DAYS, own_top_ups
from billing.payments.services.paying import check_takes_payments


def _is_own(actor: Actor, account: Account) -> bool:
    return account.pk == actor.account_pk


def _payment_url(account: Account) -> str:
    return reverse("billing:payment-new", args=[account.account_id])


def _why_not(actor: Actor, account: Account) -> str:
    is_own = _is_own(actor, account)
    code = Authorization.PAY_OWN_ACCOUNT if is_own else Authorization.PAY_SUB_ACCOUNT
    decision = decide(actor, code, account)
    if not decision.is_allowed:
        return decision.sentence
    try:
        check_takes_payments(actor, account)
    except DomainError as refused:
        return str(refused.message)
    return ""


PAYMENT = Link(
    "payment",
    _("Payment…"),
    "payment",
    url=lambda actor, account: None if _is_own(actor, account) else _payment_url(account),
    reason=_why_not,
    is_button=True,
    is_quick=True,
)
TOP_UP = Link(
    "top-up",
    _("Top up…"),
    "payment",
    url=lambda actor, account: _payment_url(account) if _is_own(actor, account) else None,
    reason=_why_not,
    is_button=True,
)
PAYMENTS = Link(
    "payments",
    _("Payments"),
    "wallet",
    url=lambda actor, account: reverse("billing:account-payments", args=[account.account_id]),
)
POLICY = Link(
    "payment-policy",
    _("Payment policy…"),
    "sliders",
    url=lambda actor, account: (
        reverse("billing:payment-policy", args=[account.account_id])
        if actor.is_administrator and account.status != Account.Status.CLOSED
        else None
    ),
)


def why_not_distribute(actor: Actor, subject: Account | None = None) -> str:
    """Why the actor distributes nothing below this agent (None: its own account, or the top level);
    "" = it may. No query.
    """
    agent: Any = subject or actor.own
    decision = decide(actor, Authorization.PAY_SUB_ACCOUNT, agent, is_agent_id=True)
    return "" if decision.is_allowed else decision.sentence


DISTRIBUTE = BulkAction(
    "distribute",
    _("Distribute credit…"),
    "payment",
    url=lambda: reverse("billing:distribute-selection"),
    reason=why_not_distribute,
)


def _own_top_ups(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """The dashboard of administrators: who topped up the own account lately."""
    found = own_top_ups(actor) if account is None else []
    if not found:
        return None
    return {
        "days": DAYS,
        "currency": settings.CURRENCY,
        "rows": [
            {
                "payment": one,
                "amount": shown(one.amount),
                "is_reversed": hasattr(one, "reversed_by"),
            }
            for one in found
        ],
    }


OWN_TOP_UPS = Card("billing/payments/_own_top_ups.html", _own_top_ups)

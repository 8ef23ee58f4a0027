"""What payments add to accounts: tab, deeds, search, the dashboard, words of the audit log."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.mail.kinds import register_mail
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.modules import MONEY, Module, ModuleAction
from accounts.portal.object_search import keyed
from accounts.portal.panel import PanelPart
from accounts.portal.registry import Additions, Card, Hit, Link, Tab, numbered, registry
from billing.ledger.models import Transaction
from billing.money import shown
from billing.payments.actions import is_own, payment_url, why_not
from billing.payments.dashboard import pay_part
from billing.payments.mails import KINDS
from billing.payments.queries import DAYS, own_side, own_top_ups, receipts_of

PAYMENT = Link(
    "payment",
    _("Payment…"),
    "payment",
    url=lambda actor, account: None if is_own(actor, account) else payment_url(account),
    reason=why_not,
    is_button=True,
    is_quick=True,
)
TOP_UP = Link(
    "top-up",
    _("Top up…"),
    "payment",
    url=lambda actor, account: payment_url(account) if is_own(actor, account) else None,
    reason=why_not,
    is_button=True,
)


def _pays_below(actor: Actor) -> bool:
    own: Any = actor.own
    return decide(actor, Authorization.PAY_SUB_ACCOUNT, own, is_agent_id=True).is_allowed


def _start_from(module: str) -> ModuleAction:
    return ModuleAction(
        module,
        _("New payment"),
        "payment",
        lambda: reverse("billing:payment-start"),
        _pays_below,
        order=5,
    )


PAYMENTS = Tab(
    "payments",
    _("Payments"),
    lambda actor, account: address_of("billing:account-payments", account.account_id),
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


def _payment(actor: Actor, number: int) -> Hit | None:
    one = receipts_of(actor).filter(pk=number).first()
    if one is None:
        return None
    url = reverse("billing:payment", args=[one.pk])
    return Hit(one.key, url, own_side(actor, one), str(one.get_kind_display()))


PAYMENT_SECTION = keyed("payments", _("Payments"), "payment", Transaction.key_kind, _payment)


MODULE = Module(
    "payments",
    _("Payments"),
    "wallet",
    lambda: reverse("billing:payments"),
    MONEY,
    beginnings=("billing:",),
    order=30,
)
AUDIT_TERMS = AuditTerms(
    words={
        "payment.recharge": ("payment", "ok", _("Payment %(subject)s: recharge")),
        "payment.deduction": ("payment", "warn", _("Payment %(subject)s: deduction")),
        "payment.opening": ("payment", "ok", _("Payment %(subject)s: opening balance")),
        "payment.make_zero": ("payment", "warn", _("Payment %(subject)s: made zero")),
        "payment.transfer": ("payment", "ok", _("Payment %(subject)s: transfer")),
        "payment.reversal": ("undo", "warn", _("Payment %(subject)s: reversal")),
        "payment.settled": ("payment", "ok", _("Payment %(subject)s: former transfers settled")),
    },
    labels={"amount": _("Amount"), "source": _("From account")},
    subjects={"payment.": Transaction.key_kind},
    values={"payment": Transaction.key_kind, "reverses": Transaction.key_kind},
    accounts={"source": _("another account")},
)
AUDIT_GROUP = AuditGroup("money", _("Money"), ("payment", "wallet."), order=50)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    register_mail(*KINDS)
    registry.add(
        "payments",
        Additions(
            modules=[MODULE],
            module_actions=[_start_from("payments"), _start_from("dashboard")],
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            account_tabs=numbered(80, [PAYMENTS]),
            panel_parts=[PanelPart("billing/payments/_panel.html", pay_part, order=20)],
            row_actions=numbered(150, [PAYMENT, TOP_UP]),
            dashboard_cards=numbered(30, [OWN_TOP_UPS]),
            search_sections=numbered(80, [PAYMENT_SECTION]),
        ),
    )

"""What payments add to accounts: tab, deeds, search, the dashboard, words of the audit log."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.addresses import address_of, object_address
from accounts.kit.beginnings import Nothing, capitals
from accounts.kit.moments import moment_words
from accounts.mail.kinds import register_mail
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.finding import (
    Asked,
    Hit,
    Offer,
    Row,
    SearchDeed,
    SearchSection,
    moment_of,
)
from accounts.portal.modules import MONEY, Module, ModuleAction
from accounts.portal.object_search import keyed
from accounts.portal.panel import PanelPart
from accounts.portal.registry import Additions, Card, Link, Tab, numbered, registry
from billing.errors import BadAmount
from billing.ledger.models import Transaction
from billing.money import from_micros, parse_amount, shown
from billing.payments.actions import is_own, payment_url, why_not
from billing.payments.dashboard import pay_part, payment_lines
from billing.payments.mails import KINDS
from billing.payments.queries import DAYS, own_top_ups, receipts_of, with_memos_of

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


def _payment(row: Row, key: str) -> Hit:
    url = object_address("billing:payment", Transaction.key_kind, row["number"])
    return Hit(key, url, _said(row))


def _said(row: Row) -> str:
    """When, what and how much."""
    amount = f"{shown(from_micros(row['amount']))} {settings.CURRENCY}"
    words = str(Transaction.Kind(row["kind"]).label)
    return f"{moment_words(moment_of(row['at']))} · {words} · {amount}"


def _begins(
    field: str, readable: Callable[[Actor], QuerySet[Any]]
) -> Callable[[Actor, Asked], QuerySet[Any] | None]:
    """Payments of which this begins with what is asked for, the latest first, among those of which
    it is `readable`.
    """

    def rows(actor: Actor, asked: Asked) -> QuerySet[Any] | None:
        if not asked.fragment:
            return None
        begins = {f"{field}__capitals__beginning": capitals(asked.fragment)}
        return readable(actor).filter(**begins).exclude(**{field: Nothing()}).order_by("-pk")

    return rows


def _called(field: str) -> Callable[[Row], Hit]:
    def hit(row: Row) -> Hit:
        url = object_address("billing:payment", Transaction.key_kind, row["number"])
        return Hit(row[field], url, _said(row))

    return hit


# Of a transfer the account that it was taken from is reached where the other is not.
_COLUMNS = {
    "account": "account_id",
    "beside": "source_id",
    "at": "at",
    "kind": "kind",
    "amount": "amount",
}
_NUMBERED = {**_COLUMNS, "number": "pk"}
RECEIPTS = keyed(
    "payments",
    _("Receipts"),
    "payment",
    Transaction.key_kind,
    receipts_of,
    _COLUMNS,
    _payment,
)
REFERENCES = SearchSection(
    "references",
    _("Payments by reference"),
    "payment",
    _begins("reference", receipts_of),
    {**_NUMBERED, "reference": "reference"},
    _called("reference"),
    place=lambda row, asked: -row["number"],
)
MEMOS = SearchSection(
    "payment-memos",
    _("Memos of payments"),
    "payment",
    _begins("memo", with_memos_of),
    {**_NUMBERED, "memo": "memo"},
    _called("memo"),
    place=lambda row, asked: -row["number"],
)


def _pay(actor: Actor, account: Account | None, figure: str) -> Offer | None:
    """The form of a payment, filled in. Nothing is paid before it was checked there."""
    if account is None:
        if not _pays_below(actor):
            return None
        return Offer(gettext("New payment"), reverse("billing:payment-start"))
    if account.type == Account.Type.CLEARING or why_not(actor, account):
        return None
    url = payment_url(account)
    if not figure:
        return Offer(gettext("Pay %(account)s") % {"account": account}, url)
    try:
        parse_amount(figure)
        amount = figure.replace(",", ".")
    except BadAmount:
        # Read in two ways: the form asks which one is meant.
        amount = figure
    words = gettext("Pay %(account)s %(amount)s %(currency)s")
    said = {"account": account, "amount": amount, "currency": settings.CURRENCY}
    return Offer(words % said, f"{url}?{urlencode({'amount': amount})}", gettext("checked first"))


PAY = SearchDeed(
    "pay",
    "payment",
    (_("pay"), _("payment"), _("new payment"), _("recharge"), _("top up"), _("credit")),
    _pay,
    takes="amount",
    order=10,
)


MODULE = Module(
    "payments",
    _("Payments"),
    "wallet",
    lambda: reverse("billing:payments"),
    MONEY,
    beginnings=("billing:",),
    words=(_("Payment records"), _("Ledger")),
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
    lines={"payment.": payment_lines},
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
            search_sections=numbered(80, [REFERENCES, RECEIPTS, MEMOS]),
            search_deeds=[PAY],
        ),
    )

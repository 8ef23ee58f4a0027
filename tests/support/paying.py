"""Payments, as tests make them by service and by page."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.test import Client

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from billing.ledger.models import Transaction
from billing.payments.services.paying import Payment, payment_make
from billing.wallets.models import Wallet
from tests.factories import UserFactory
from tests.support.pages import sent_by_form


def pay(
    account: Account, amount: str, kind: str = "recharge", actor: Actor = SYSTEM, **more: Any
) -> Transaction:
    """A payment by service, with a key of its own."""
    how = {
        name: more.pop(name) for name in ("method", "reference", "memo", "source") if name in more
    }
    return payment_make(
        actor=actor,
        account=account,
        payment=Payment(kind, Decimal(amount), **how),
        idempotency_key=more.pop("key", str(uuid4())),
        **more,
    )


def payer(account: Account) -> Actor:
    """A login of this account, which may pay what is below it."""
    return actor_for(UserFactory(account=account))


def balance(account: Account) -> Decimal:
    return Wallet.objects.get(pk=account.pk).balance


def page_of(account: Account) -> str:
    return f"/accounts/{account.account_id}/payments/new/"


def form(amount: str = "50", kind: str = "recharge", key: str = "", **more: str) -> dict[str, str]:
    """What the first page sends."""
    return {
        "amount": amount,
        "kind": kind,
        # Administrators alone are asked for it.
        "source": "",
        "method": "",
        "reference": "",
        "memo": "",
        "back": "",
        "idempotency_key": key or str(uuid4()),
        **more,
    }


def confirmed(browser: Client, account: Account, data: dict[str, str], **more: str) -> Any:
    """Check, and pay as the check page would."""
    check = browser.post(page_of(account), data)
    assert check.status_code == 200, check.content.decode()[:3000]
    sent = {name: values[0] for name, values in sent_by_form(check, "confirmed").items()}
    sent.pop("again", None)
    return browser.post(page_of(account), {**sent, **more})

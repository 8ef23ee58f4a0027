"""Payments as agents on the former policy *transfer* made them: out of their own balance."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from accounts.core.actor import SYSTEM, Actor
from accounts.core.models import Account
from billing.ledger.models import Transaction
from billing.ledger.services.posting import Movement, between, input_hash, post

OUT = ("deduction", "make_zero")


def former_transfer(
    agent: Account,
    sub: Account,
    amount: str,
    kind: str = "recharge",
    *,
    actor: Actor = SYSTEM,
    **more: Any,
) -> Transaction:
    """What a payment of this kind posted between the two wallets, as it stands in old ledgers."""
    payer, payee = (sub, agent) if kind in OUT else (agent, sub)
    movement = Movement(
        kind=kind,
        account=sub,
        amount=Decimal(amount),
        legs=between(payer, payee, Decimal(amount)),
        **more,
    )
    with transaction.atomic():
        return post(actor, movement, key=str(uuid4()), digest=input_hash({}))

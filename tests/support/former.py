"""What an earlier version posted: payments that moved the agent's own balance."""

from decimal import Decimal
from uuid import uuid4

from accounts.core.actor import Actor
from accounts.core.models import Account
from billing.ledger.models import Transaction
from billing.ledger.services.posting import Movement, between, input_hash, post


def transferred(
    actor: Actor,
    payer: Account,
    payee: Account,
    amount: Decimal | int | str,
    *,
    kind: str = "recharge",
    **more: str,
) -> Transaction:
    """A payment to `payee` out of the balance of `payer`, its agent."""
    amount = Decimal(amount)
    movement = Movement(kind, payee, amount, between(payer, payee, amount), **more)
    key = str(uuid4())
    return post(actor, movement, key=key, digest=input_hash({"key": key}))

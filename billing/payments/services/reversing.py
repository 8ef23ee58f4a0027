"""Taking a payment back: a new transaction that mirrors the old one and points at it. Nothing is
ever edited (docs/domain.md 6).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction as database
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.locks import said_busy
from accounts.core.models import Account
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from billing.ledger.models import House, Transaction
from billing.ledger.services.posting import (
    Leg,
    Movement,
    check_is_now,
    first_or,
    input_hash,
    key_of_person,
    post,
    reason_in_memo,
)
from billing.money import plain
from billing.payments.queries import receipts_of
from billing.wallets.models import Wallet

Kind = Transaction.Kind


@dataclass(frozen=True)
class ReversedSide:
    """A wallet that moves back. `is_below_limit`: it ends below what its credit limit permits,
    which a reversal may do.
    """

    account: Account
    before: Decimal
    after: Decimal
    is_below_limit: bool


def reversal_preview(*, actor: Actor, transaction: Transaction) -> tuple[ReversedSide, ...]:
    """What `transaction_reverse` would do to which wallets; changes nothing. Raises what it
    raises.
    """
    with database.atomic():
        _now, one = _permitted(actor, transaction)
        _check(one)
        return tuple(_side(leg) for leg in _mirrored(one) if leg.wallet is not None)


def transaction_reverse(
    *,
    actor: Actor,
    transaction: Transaction,
    reason: str,
    idempotency_key: str,
    at: datetime | None = None,
) -> Transaction:
    """Post the mirror of a transaction, once, and return it. Administrators only.

    The reason stands in the memo, where both sides read it. Balances may pass their limits. `at` is
    for commands of the operator's shell, as in `payment_make`.

    Raises Refused (also for a reversal, for one reversed already, for a closed account), KeyReused,
    NotAllowed, NotInScope, Busy.
    """
    check_is_now(at)
    with said_busy(), database.atomic():
        return _reverse(actor, transaction, reason, idempotency_key, at)


def _reverse(
    actor: Actor, transaction: Transaction, reason: str, key: str, at: datetime | None
) -> Transaction:
    actor, transaction = _permitted(actor, transaction)
    reason = reason_in_memo(reason)
    key = key_of_person(key)
    digest = input_hash({"reverses": transaction.pk, "reason": reason})

    def judge() -> Movement:
        _check(transaction)
        return Movement(
            kind=Kind.REVERSAL,
            account=transaction.account,
            amount=transaction.amount,
            legs=_mirrored(transaction),
            reference=transaction.reference,
            memo=reason,
            reverses=transaction,
            at=at,
        )

    movement = first_or(actor, key, digest, judge)
    if isinstance(movement, Transaction):
        return movement
    made = post(actor, movement, key=key, digest=digest)
    if not made.is_new:
        return made
    _refuse_closed(movement.legs)
    record(
        actor=actor,
        action="payment.reversal",
        account=transaction.account,
        subject=str(made.pk),
        after={"reverses": str(transaction.pk), "amount": plain(transaction.amount)},
        reason=reason,
        at=at,
    )
    return made


def _permitted(actor: Actor, transaction: Transaction) -> tuple[Actor, Transaction]:
    actor = fresh(actor)
    one = receipts_of(actor).filter(pk=transaction.pk).first()
    if one is None:
        raise NotInScope(_("There is no such payment."))
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(_("Payments are reversed by administrators."), code="administrators_only")
    return actor, one


def _check(one: Transaction) -> None:
    if one.kind == Kind.REVERSAL:
        raise Refused(_("A reversal is not reversed: make a new payment."), code="is_reversal")
    if one.kind == Kind.CALL:
        raise Refused(
            _("These are calls: a wrong price is corrected, and the calls are rated anew."),
            code="is_calls",
        )
    if one.kind == Kind.VOLUME:
        raise Refused(
            _("A volume discount follows the calls of its month: correct what is wrong there."),
            code="is_volume_discount",
        )
    if Transaction.objects.filter(reverses=one).exists():
        raise Refused(_("This payment was reversed already."), code="already_reversed")
    _refuse_closed(_mirrored(one))


def _refuse_closed(legs: tuple[Leg, ...]) -> None:
    """A closed account stays at zero. Asked again once the wallets are locked by the posting: a
    closing that came first has committed by then.
    """
    wallets = [leg.wallet for leg in legs if leg.wallet is not None]
    closed = Account.objects.filter(pk__in=wallets, status=Account.Status.CLOSED).first()
    if closed is not None:
        raise Refused(
            _("%(account)s is closed: its balance stays zero.") % {"account": closed.account_id},
            code="closed",
        )


def _mirrored(transaction: Transaction) -> tuple[Leg, ...]:
    return tuple(
        Leg(
            -entry.amount,
            wallet=entry.wallet_id,
            house=House(entry.house) if entry.house else None,
            is_limited=False,
        )
        for entry in transaction.entries.order_by("pk")
    )


def _side(leg: Leg) -> ReversedSide:
    wallet = Wallet.objects.select_related("account").get(pk=leg.wallet)
    after = wallet.balance + leg.amount
    is_below = not wallet.is_unlimited and after < -wallet.credit_limit
    return ReversedSide(wallet.account, wallet.balance, after, is_below and leg.amount < 0)

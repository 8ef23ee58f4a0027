"""Payments: what may be paid by whom to whom, and the posting of it (docs/domain.md 6).

What goes to an account below, or comes back from it, passes the one gate (`handing_out`); the other
side is always the house, but for a transfer, by which administrators correct a payment that went to
the wrong account.

A payment takes no tree lock: standing, chain and grants are read in the posting transaction. The
same form sent twice pays once: after scope and authorization were checked again, the first payment
comes back.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, require_each, require_to_look
from accounts.core.authorizations import Authorization
from accounts.core.locks import said_busy
from accounts.core.models import Account, User
from accounts.core.querysets import chains
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, Refused
from accounts.kit.text import tidied
from billing.errors import BadAmount
from billing.handing_out.queries.cover import Cover, cover_of, worth
from billing.handing_out.queries.policies import PAID_OUT
from billing.handing_out.rules import check_limits
from billing.handing_out.services.gate import Shortfall, opened
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.services.posting import (
    Leg,
    Movement,
    between,
    check_is_now,
    first_or,
    input_hash,
    insufficient,
    into,
    key_of_person,
    post,
    too_large,
)
from billing.money import MAX_BALANCE, check_amount, plain, shown
from billing.payments.mails import mail_own_top_up
from billing.payments.queries import usual_of
from billing.payments.rules import refuse_own_below_covered, refuse_unchecked
from billing.payments.services.transfers import (
    source_recorded,
    transfer_shortfalls,
    transfer_source,
)
from billing.wallets.models import Wallet

Kind = Transaction.Kind
# How long the same amount to the same account asks "again?".
REPEAT_MINUTES = 10
_LENGTHS = {"reference": 64, "memo": 200}


@dataclass(frozen=True)
class Payment:
    """What somebody asks for. `amount` is above zero, and empty for "make zero" alone. Of a
    transfer the `memo` is the reason, and `source` the account the money had gone to.
    """

    kind: str
    amount: Decimal | None = None
    method: str = ""
    reference: str = ""
    memo: str = ""
    source: Account | None = None

    def digest(self, account: Account) -> str:
        """Of everything a repeated form must have in common with the first one."""
        values = {
            "account": account.pk,
            "kind": self.kind,
            "amount": "" if self.amount is None else plain(self.amount),
            "method": self.method,
            "reference": self.reference,
            "memo": self.memo,
        }
        if self.source is not None:
            values["source"] = self.source.pk
        return input_hash(values)


@dataclass(frozen=True)
class Side:
    """A wallet that moves, with its balance before and after, and what it counts for in what its
    agent has handed out.
    """

    account: Account
    before: Decimal
    after: Decimal
    worth_before: Decimal
    worth_after: Decimal
    # None where the credit is unlimited.
    available_after: Decimal | None = None
    is_low_after: bool = False


@dataclass(frozen=True)
class PaymentPlan:
    """What a payment would do. `sides` begins with the account paid to; `repeats` is the same
    amount to the same account a few minutes ago. `cover` is that of the agent directly above it,
    where the actor reaches one, as it is before; `shortfalls` only administrators may pass.
    """

    payment: Payment
    amount: Decimal
    sides: tuple[Side, ...]
    cover: Cover | None = None
    shortfalls: tuple[Shortfall, ...] = ()
    repeats: Transaction | None = None
    is_stopped: bool = False


def payment_preview(*, actor: Actor, account: Account, payment: Payment) -> PaymentPlan:
    """What `payment_make` would do; changes nothing.

    Raises what `payment_make` raises, but for what only the posting can tell.
    """
    with transaction.atomic():
        actor, account = _permitted(actor, account, payment, looks=True)
        payment = _cleaned(payment)
        movement, shortfalls = _movement(actor, account, payment)
        sides = tuple(_side(leg) for leg in movement.legs if leg.wallet is not None)
        return PaymentPlan(
            payment=payment,
            amount=movement.amount,
            sides=tuple(sorted(sides, key=lambda side: side.account.pk != account.pk)),
            cover=_cover_above(actor, account),
            shortfalls=shortfalls,
            repeats=_repeats(account, payment, movement.amount),
            is_stopped=any(link.is_stopped() for link in chains([account.pk])[account.pk]),
        )


def payment_make(
    *,
    actor: Actor,
    account: Account,
    payment: Payment,
    idempotency_key: str,
    is_repeat_meant: bool = True,
    is_checked: bool = True,
    expected: Decimal | None = None,
    at: datetime | None = None,
) -> Transaction:
    """Pay, once per login and key, and return the transaction.

    Needs authorization 8 on a sub-account, 7 on the own account (a recharge with a reference,
    which administrators hear of at once); administrators pay everybody, and they alone transfer.
    Unless `is_repeat_meant`, the same amount to the same account within minutes is refused with the
    code "repeated"; unless `is_checked`, what has to be looked at first (`why_check_first`) with
    "check_first". `expected` is the amount that was shown to who pays: where the payment has come
    to another one by now, it is refused with "changed_meanwhile". `at` is for commands of the
    operator's shell, which post what was earlier.

    Raises BadAmount, Refused (with the field), InsufficientFunds, KeyReused, NotInScope,
    NotAllowed, Busy.
    """
    check_is_now(at)
    with said_busy(), transaction.atomic():
        key = key_of_person(idempotency_key)
        asked = is_repeat_meant, is_checked, expected
        return _make(actor, account, payment, key, asked, at)


def _make(
    actor: Actor,
    account: Account,
    payment: Payment,
    key: str,
    asked: tuple[bool, bool, Decimal | None],
    at: datetime | None,
) -> Transaction:
    is_repeat_meant, is_checked, expected = asked
    actor, account = _permitted(actor, account, payment)
    payment = _cleaned(payment)
    digest = payment.digest(account)

    def judge() -> Movement:
        movement, shortfalls = _movement(actor, account, payment, lock=True)
        if expected is not None and movement.amount != expected:
            raise Refused(
                _("The balance has changed meanwhile. Check the payment again."),
                code="changed_meanwhile",
            )
        # The same form sent twice at once is none: the posting finds it by its key.
        repeats = not (is_checked and is_repeat_meant) and _repeats(
            account, payment, movement.amount, but_for=(actor.user, key)
        )
        if not is_checked:
            refuse_unchecked(
                payment.kind,
                movement.amount,
                usual_of(account),
                is_own=account.pk == actor.account_pk,
                is_repeat=bool(repeats),
                is_uncovered=bool(shortfalls),
            )
        if repeats:
            raise Refused(
                _("The same amount went to this account a moment ago."),
                code="repeated",
                field="again",
            )
        return movement

    movement = first_or(actor, key, digest, judge)
    if isinstance(movement, Transaction):
        return movement
    made = post(actor, replace(movement, at=at), key=key, digest=digest)
    if not made.is_new:
        return made
    _refuse_closed(movement.legs)
    if account.pk == actor.account_pk and at is None:
        mail_own_top_up(made)
    record(
        actor=actor,
        action=f"payment.{payment.kind}",
        account=account,
        subject=str(made.pk),
        after={"amount": plain(movement.amount), "reference": payment.reference}
        | source_recorded(payment.source),
        reason=payment.memo if payment.source else "",
        at=at,
    )
    return made


def _refuse_closed(legs: tuple[Leg, ...]) -> None:
    """Asked again once the posting has locked the wallets: a closing that came first has committed
    by then, one that comes later finds the balance.
    """
    moved = [leg.wallet for leg in legs if leg.wallet is not None]
    if Account.objects.filter(pk__in=moved, status=Account.Status.CLOSED).exists():
        raise Refused(_("A closed account takes no payments."), code="closed")


def _permitted(
    actor: Actor, account: Account, payment: Payment, *, looks: bool = False
) -> tuple[Actor, Account]:
    """The fresh actor and account, once scope, authorization and state permit a payment, or a look
    at what one would do (`looks`).
    """
    is_own = account.pk == actor.account_pk
    code = Authorization.PAY_OWN_ACCOUNT if is_own else Authorization.PAY_SUB_ACCOUNT
    actor = (require_to_look if looks else require_each)(actor, code, [account])
    account = Account.objects.within(actor.scope).reached(account.pk)
    if actor.is_operator:
        raise NotAllowed(_("Payments are made in the portal."), code="portal_only")
    if account.status == Account.Status.CLOSED:
        raise Refused(_("A closed account takes no payments."), code="closed")
    if is_own and payment.kind != Kind.RECHARGE:
        raise Refused(
            _("Your own account can only be recharged."), code="own_recharge_only", field="kind"
        )
    if is_own and not payment.reference.strip():
        raise Refused(
            _("Give the reference of the payment to your own account."),
            code="reference_required",
            field="reference",
        )
    return actor, account


def _cleaned(payment: Payment) -> Payment:
    if payment.kind not in (*PAID_OUT, Kind.DEDUCTION, Kind.MAKE_ZERO):
        raise Refused(_("Choose the type of the payment."), code="unknown_choice", field="kind")
    if payment.method and payment.method not in Transaction.Method.values:
        raise Refused(_("Choose one of the options."), code="unknown_choice", field="method")
    texts: dict[str, Any] = {}
    for name in ("reference", "memo"):
        text = tidied(str(getattr(payment, name)))
        if len(text) > _LENGTHS[name]:
            raise Refused(
                _("Use at most %(max)s characters.") % {"max": _LENGTHS[name]},
                code="too_long",
                field=name,
            )
        texts[name] = text
    amount = payment.amount
    if payment.kind == Kind.MAKE_ZERO:
        amount = None
    elif amount is None or check_amount(amount) <= 0:
        raise BadAmount(_("Enter an amount above zero."), code="not_positive", field="amount")
    else:
        amount = check_amount(amount)
    return replace(payment, amount=amount, **texts)


def _movement(
    actor: Actor, account: Account, payment: Payment, *, lock: bool = False
) -> tuple[Movement, tuple[Shortfall, ...]]:
    """The legs of a payment by its kind, once the gate permits it."""
    source = None
    if payment.kind == Kind.TRANSFER:
        source = transfer_source(actor, account, payment.source, reason=payment.memo)
    is_own = account.pk == actor.account_pk
    if is_own:
        refuse_own_below_covered(actor)
    gate = opened(actor, [account] if source is None else [account, source], lock=lock)
    amount, is_out = _amount(account, payment)
    shortfalls: tuple[Shortfall, ...] = ()
    if is_own:
        check_limits(actor, gate.policy, amount, paid=amount)
    elif is_out:
        shortfalls = gate.take_back(account, amount)
    elif source is None:
        shortfalls = gate.hand_out({account.pk: amount})
    else:
        shortfalls = transfer_shortfalls(gate, source, account, amount)
    legs: tuple[Leg, ...]
    if source is not None:
        legs = between(source, account, amount)
    elif is_out:
        legs = into(account, -amount, House.CASH)
    else:
        house = House.CASH if payment.kind == Kind.RECHARGE else House.ADJUSTMENT
        legs = into(account, amount, house)
    movement = Movement(
        kind=payment.kind,
        account=account,
        amount=amount,
        legs=legs,
        method=payment.method,
        reference=payment.reference,
        memo=payment.memo,
        source=source,
    )
    return movement, shortfalls


def _amount(account: Account, payment: Payment) -> tuple[Decimal, bool]:
    """The amount above zero, and whether it leaves the account; read once the wallet is locked, so
    that it is still so when it is posted.
    """
    if payment.kind == Kind.OPENING and Entry.objects.filter(wallet=account.pk).exists():
        raise Refused(
            _("The account has movements already: an opening balance comes first."),
            code="not_first",
            field="kind",
        )
    if payment.amount is not None:
        return payment.amount, payment.kind == Kind.DEDUCTION
    wallet = Wallet.objects.get(pk=account.pk)
    if wallet.held:
        raise Refused(
            _("Calls hold %(held)s of it: make it zero when they are charged.")
            % {"held": shown(wallet.held)},
            code="calls_hold_money",
            field="kind",
        )
    if wallet.balance == 0:
        raise Refused(_("The balance is zero already."), code="zero_already", field="kind")
    return abs(wallet.balance), wallet.balance > 0


def _cover_above(actor: Actor, one: Account) -> Cover | None:
    """The cover of the agent directly above, of which the actor may know."""
    if one.parent_id is None or one.pk == actor.account_pk:
        return None
    return cover_of(one.parent_id)


def _side(leg: Leg) -> Side:
    """The wallet's side; what the posting would refuse is refused here already."""
    wallet = Wallet.objects.select_related("account__parent").get(pk=leg.wallet)
    available = wallet.available
    if leg.amount < 0 and available is not None and available + leg.amount < 0:
        raise insufficient(wallet, leg.amount)
    worth_before, balance = worth(wallet), wallet.balance
    wallet.balance = after = balance + leg.amount
    if leg.amount > 0 and after > MAX_BALANCE:
        raise too_large(wallet)
    threshold = wallet.low_balance_threshold
    is_low = threshold is not None and after < threshold
    left = None if available is None else available + leg.amount
    return Side(wallet.account, balance, after, worth_before, worth(wallet), left, is_low)


def _repeats(
    one: Account, payment: Payment, amount: Decimal, but_for: tuple[User | None, str] | None = None
) -> Transaction | None:
    since = timezone.now() - timedelta(minutes=REPEAT_MINUTES)
    found = Transaction.objects.filter(
        account=one, kind=payment.kind, amount=amount, at__gt=since, reversed_by=None
    )
    if but_for is not None:
        found = found.exclude(login=but_for[0], idempotency_key=but_for[1])
    return found.order_by("-pk").first()

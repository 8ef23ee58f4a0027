"""Money (docs/domain.md 6): 7 on the own account alone, 8 on those below, with 1 their credit; the
rest by administrators.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from accounts.core.actor import SYSTEM, Actor
from accounts.core.models import Account
from billing.carriers.services import carrier_policy_set
from billing.distributions.models import Distribution
from billing.distributions.services.drafts import (
    distribution_draft,
    distribution_preview,
    plan_of,
)
from billing.distributions.services.paying import distribution_pay
from billing.handing_out.services.policies import payment_policy_set
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Transaction
from billing.ledger.services.mailing import mailing_set
from billing.ledger.services.settling import settlement_post
from billing.payments.services.paying import Payment, payment_make, payment_preview
from billing.payments.services.reversing import reversal_preview, transaction_reverse
from tests.contracts.contract import (
    ADMINISTRATORS,
    NOBODY,
    OWN,
    OWN_ALONE,
    OWN_AND_BELOW,
    Contract,
    needs,
)
from tests.contracts.ground import Ground
from tests.factories import AccountFactory
from tests.support.paying import pay
from tests.support.settling import former_transfer

_PAYING = "billing.payments.services.paying"
_DRAFTS = "billing.distributions.services.drafts"
_MAILING = "billing.ledger.services.mailing.mailing_set"
_TERMS = "billing.handing_out.services.terms.terms_set"
_PAY_SUB, _PAY_OWN = needs("pay_sub_account"), needs("pay_own_account")
_TEN = Decimal(10)


def _payment(_on: Ground) -> Payment:
    return Payment("recharge", _TEN, reference="Slip")


def _transfer(on: Ground) -> Payment:
    return Payment("transfer", _TEN, memo="Why", source=on.own.second)


def _make(actor: Actor, on: Ground, payment: Payment, **more: Any) -> Transaction:
    return payment_make(
        actor=actor, account=on.target, payment=payment, idempotency_key="form", **more
    )


def transferred_once(on: Ground) -> None:
    """The agent paid its sub-account out of its own balance."""
    pay(on.target, "10")
    sub = AccountFactory(parent=on.target)
    former_transfer(on.target, sub, "10")


def _reverse(actor: Actor, it: Transaction) -> Transaction:
    return transaction_reverse(actor=actor, transaction=it, reason="Why", idempotency_key="form")


def _draft(on: Ground) -> tuple[Distribution, str]:
    """A list of the login that pays the account, and what it would do."""
    return draft_of(on.login, on)


def _draft_of_mine(on: Ground) -> tuple[Distribution, str]:
    return draft_of(on.own.login, on)


def draft_of(login: Any, on: Ground) -> tuple[Distribution, str]:
    draft = Distribution.objects.create(
        login=login,
        by_account=login.account,
        text=f"{on.target.account_id},10",
        control_sum=_TEN,
    )
    return draft, plan_of(SYSTEM, draft).digest


def _names_nobody(it: tuple[Distribution, str]) -> tuple[Distribution, str]:
    it[0].text = "Nothing-There,10"
    it[0].save()
    return it


def _no_draft(it: tuple[Distribution, str]) -> tuple[Distribution, str]:
    return Distribution(pk=UUID(int=0)), it[1]


def _mail(actor: Actor, account: Account) -> None:
    mailing_set(actor=actor, account=account, rhythm="daily", addresses="books@shop.example")


CONTRACTS = [
    Contract(
        service=_MAILING,
        needs=needs("manage_account"),
        # On the own account it takes none of the eight.
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _: _mail(actor, on.target),
    ),
    Contract(
        service=_MAILING,
        case="of the own account",
        needs=OWN,
        reach=OWN_ALONE,
        call=lambda actor, on, _: _mail(actor, on.target),
        administrators=False,
    ),
    Contract(
        service=f"{_PAYING}.payment_make",
        needs=_PAY_SUB,
        call=lambda actor, on, _it: _make(actor, on, _payment(on)),
        stale=lambda actor, on, _it: _make(actor, on, _payment(on), expected=Decimal(9)),
    ),
    Contract(
        service=f"{_PAYING}.payment_make",
        case="to the own account",
        needs=_PAY_OWN,
        reach=OWN_ALONE,
        call=lambda actor, on, _it: _make(actor, on, _payment(on)),
    ),
    Contract(
        service=f"{_PAYING}.payment_make",
        case="a transfer",
        needs=ADMINISTRATORS,
        make=lambda on: pay(on.own.second, "10") and None,
        call=lambda actor, on, _it: _make(actor, on, _transfer(on)),
    ),
    Contract(
        service=f"{_PAYING}.payment_preview",
        needs=_PAY_SUB,
        call=lambda actor, on, _it: payment_preview(
            actor=actor, account=on.target, payment=_payment(on)
        ),
        entries=0,
        why="a preview",
    ),
    Contract(
        service=f"{_PAYING}.payment_preview",
        case="to the own account",
        needs=_PAY_OWN,
        reach=OWN_ALONE,
        call=lambda actor, on, _it: payment_preview(
            actor=actor, account=on.target, payment=_payment(on)
        ),
        entries=0,
        why="a preview",
    ),
    Contract(
        service="billing.payments.services.reversing.transaction_reverse",
        needs=ADMINISTRATORS,
        make=lambda on: pay(on.target, "10"),
        clear=lambda on, _it: pay(on.target, "10", "deduction"),
        call=lambda actor, _on, it: _reverse(actor, it),
    ),
    Contract(
        service="billing.payments.services.reversing.reversal_preview",
        needs=ADMINISTRATORS,
        make=lambda on: pay(on.target, "10"),
        clear=lambda on, _it: pay(on.target, "10", "deduction"),
        call=lambda actor, _on, it: reversal_preview(actor=actor, transaction=it),
        entries=0,
        why="a preview",
    ),
    Contract(
        service=_TERMS,
        needs=needs("manage_account"),
        call=lambda actor, on, _it: terms_set(
            actor=actor, account=on.target, low_balance_threshold=_TEN
        ),
        stale=lambda actor, on, _it: terms_set(
            actor=actor, account=on.target, low_balance_threshold=_TEN, expected_version=0
        ),
    ),
    Contract(
        service=_TERMS,
        case="the credit limit",
        needs=needs("manage_account", "pay_sub_account"),
        call=lambda actor, on, _it: terms_set(actor=actor, account=on.target, credit_limit=_TEN),
    ),
    Contract(
        service=_TERMS,
        case="the payment mode",
        needs=needs("manage_account", "pay_sub_account"),
        call=lambda actor, on, _it: terms_set(
            actor=actor, account=on.target, payment_mode="postpaid"
        ),
    ),
    Contract(
        service=_TERMS,
        case="unlimited credit",
        needs=ADMINISTRATORS,
        call=lambda actor, on, _it: terms_set(
            actor=actor, account=on.target, payment_mode="postpaid", is_unlimited=True
        ),
    ),
    Contract(
        service="billing.handing_out.services.policies.payment_policy_set",
        needs=ADMINISTRATORS,
        call=lambda actor, on, _it: payment_policy_set(
            actor=actor, account=on.target, funding="covered"
        ),
    ),
    Contract(
        service="billing.carriers.services.carrier_policy_set",
        needs=ADMINISTRATORS,
        call=lambda actor, on, _it: carrier_policy_set(
            actor=actor, account=on.target, uses="bound", guard="on", reason="Why"
        ),
        stale=lambda actor, on, _it: carrier_policy_set(
            actor=actor, account=on.target, uses="bound", reason="Why", expected_version=7
        ),
    ),
    Contract(
        service="billing.ledger.services.settling.settlement_post",
        needs=ADMINISTRATORS,
        make=transferred_once,
        call=lambda actor, on, _it: settlement_post(actor=actor, agent=on.target, reason="Why"),
        stale=lambda actor, on, _it: settlement_post(
            actor=actor, agent=on.target, reason="Why", expected=Decimal(9)
        ),
        # An account that anybody stands below is not closed.
        closed=None,
    ),
    Contract(
        service=f"{_DRAFTS}.distribution_draft",
        needs=_PAY_SUB,
        reach=NOBODY,
        call=lambda actor, on, _it: distribution_draft(
            actor=actor, key=uuid4(), text=f"{on.target.account_id},10", control_sum=_TEN
        ),
        entries=0,
        why="a list that is kept moves nothing",
    ),
    Contract(
        service=f"{_DRAFTS}.distribution_preview",
        needs=_PAY_SUB,
        reach=NOBODY,
        make=_draft,
        ghost=_no_draft,
        call=lambda actor, _on, it: distribution_preview(actor=actor, distribution=it[0]),
        entries=0,
        why="a preview",
    ),
    Contract(
        service="billing.distributions.services.paying.distribution_pay",
        needs=_PAY_SUB,
        reach=NOBODY,
        make=_draft,
        ghost=_no_draft,
        call=lambda actor, _on, it: distribution_pay(
            actor=actor, distribution=it[0], expected=it[1]
        ),
        stale=lambda actor, _on, it: distribution_pay(
            actor=actor, distribution=it[0], expected="what was seen once"
        ),
    ),
    Contract(
        service="billing.distributions.services.paying.distribution_pay",
        case="an account of the list",
        needs=_PAY_SUB,
        make=_draft_of_mine,
        ghost=_names_nobody,
        call=lambda actor, _on, it: distribution_pay(
            actor=actor, distribution=it[0], expected=it[1]
        ),
    ),
]

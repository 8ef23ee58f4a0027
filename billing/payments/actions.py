"""Whether somebody may pay an account, and where."""

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.kit.errors import DomainError
from billing.payments.rules import check_takes_payments


def is_own(actor: Actor, account: Account) -> bool:
    return account.pk == actor.account_pk


def payment_url(account: Account) -> str:
    return address_of("billing:payment-new", account.account_id)


def why_not(actor: Actor, account: Account) -> str:
    """Why the actor does not pay this account; "" = it may. No query for an account below it."""
    code = (
        Authorization.PAY_OWN_ACCOUNT if is_own(actor, account) else Authorization.PAY_SUB_ACCOUNT
    )
    decision = decide(actor, code, account)
    if not decision.is_allowed:
        return decision.sentence
    try:
        check_takes_payments(actor, account)
    except DomainError as refused:
        return str(refused.message)
    return ""

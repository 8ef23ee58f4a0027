"""Agents on *covered*, as tests make them."""

from decimal import Decimal

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.handing_out.queries.cover import Cover, cover_of
from billing.handing_out.services.policies import payment_policy_set
from tests.factories import ResellerTree
from tests.support.paying import pay


def put_on_covered(account: Account, **limits: Decimal) -> None:
    """This account hands out at most what it has."""
    payment_policy_set(actor=SYSTEM, account=account, funding="covered", **limits)


def on_covered(tree: ResellerTree, **limits: Decimal) -> None:
    """The agent of the tree hands out at most what it has."""
    put_on_covered(tree.agent, **limits)


def covered(account: Account, amount: str) -> None:
    """This account hands out at most what it has, and has this amount."""
    put_on_covered(account)
    pay(account, amount)


def cover(account: Account) -> Cover:
    return cover_of(account.pk)


def handed_out(account: Account) -> Decimal:
    return cover_of(account.pk).handed_out

"""Requests for approval, as tests file and decide them."""

from typing import Any

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.asking import request_create_filed, request_move_filed
from accounts.approvals.services.deciding import request_approve
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User
from tests.factories import ResellerTree

MANAGE, PHONE = Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE
CARD, GATEWAY = Authorization.MANAGE_PHONE_CARD, Authorization.MANAGE_GATEWAY


def authorized(tree: ResellerTree) -> ResellerTree:
    """Dhaka and the level above it hold three authorizations, and its Customer-001 two of them."""
    given = {
        tree.top: {MANAGE, PHONE, CARD},
        tree.agent: {MANAGE, PHONE, CARD},
        tree.customer: {MANAGE, PHONE},
        tree.sibling: {MANAGE},
    }
    for account, codes in given.items():
        grants_set(actor=SYSTEM, account=account, codes=frozenset(codes), reason="test")
    return tree.refresh()


def ask(
    login: User, parent: Account, account_id: str = "Counter-2", **more: Any
) -> SubAgentRequest:
    """`login` asks for a new account below `parent`."""
    return request_create_filed(
        actor=actor_for(login), parent=parent, account_id=account_id, name="A counter", **more
    )


def ask_move(login: User, tree: ResellerTree) -> SubAgentRequest:
    """`login` asks for Customer-002 to go below Customer-001."""
    return request_move_filed(
        actor=actor_for(login), account=tree.customer_2, parent=tree.customer, reason="grown"
    )


def approve(login: User, request: SubAgentRequest, **more: Any) -> SubAgentRequest:
    """`login` approves it."""
    return request_approve(actor=actor_for(login), request=request, **more)


def exists(account_id: str = "Counter-2") -> bool:
    """Whether the account that was asked for is there."""
    return Account.objects.called(account_id).exists()

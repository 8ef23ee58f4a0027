"""Requests for authorizations (docs/domain.md 3)."""

from accounts.core.authorizations import Authorization
from accounts.core.models import AccountGrant, User
from accounts.requests.models import AuthorizationRequest
from accounts.requests.services import (
    authorization_ask,
    authorization_grant,
    authorization_refuse,
    authorization_withdraw,
)
from tests.contracts.contract import OWN, OWN_ALONE, REFUSED, Contract, needs
from tests.contracts.ground import Ground

_REQUESTS = "accounts.requests.services"
_MANAGE = needs("manage_account")


def asked(on: Ground) -> AuthorizationRequest:
    """A request of the account the deed is about."""
    return AuthorizationRequest.objects.create(
        account=on.target, code="manage_account", requester_name="somebody", reason="Why"
    )


def _lacking(on: Ground) -> None:
    """The agent does not hold what it asks for."""
    AccountGrant.objects.filter(
        content_object=on.own.agent, permission__codename="manage_gateway"
    ).delete()


def _own(on: Ground) -> AuthorizationRequest:
    """A request of the agent's login."""
    login = User.objects.get(account=on.agent)
    return AuthorizationRequest.objects.create(
        account=on.agent,
        code="manage_phone",
        requester=login,
        requester_name=login.username,
        reason="Why",
    )


CONTRACTS = [
    Contract(
        service=f"{_REQUESTS}.authorization_ask",
        administrators=False,
        needs=OWN,
        reach=OWN_ALONE,
        make=_lacking,
        call=lambda actor, _on, _it: authorization_ask(
            actor=actor, code=Authorization.MANAGE_GATEWAY, reason="Why"
        ),
    ),
    Contract(
        service=f"{_REQUESTS}.authorization_grant",
        needs=_MANAGE,
        make=asked,
        call=lambda actor, _on, it: authorization_grant(actor=actor, request=it),
        entries=2,
        why="the answer, and the grant",
        locked=REFUSED,
    ),
    Contract(
        service=f"{_REQUESTS}.authorization_refuse",
        needs=_MANAGE,
        make=asked,
        call=lambda actor, _on, it: authorization_refuse(actor=actor, request=it, answer="No"),
        # A lock makes it void, and who comes later finds it answered.
        locked=None,
    ),
    Contract(
        service=f"{_REQUESTS}.authorization_withdraw",
        administrators=False,
        needs=OWN,
        make=_own,
        call=lambda actor, _on, it: authorization_withdraw(actor=actor, request=it),
        own_stopped=None,
    ),
]

"""The demo's requests for new agents, waiting for an administrator's decision."""

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.asking import request_create_filed
from accounts.core.actor import actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, User


def file_all() -> None:
    """Two agents ask, once."""
    if SubAgentRequest.objects.exists():
        return
    _ask(
        "dhaka-retail",
        "Dhaka-Empty-Account",
        "BD-Shop-Uttara",
        "Uttara corner shop",
        frozenset({Authorization.MANAGE_PHONE}),
        "A second shop with customers of its own.",
    )
    _ask(
        "lakshmi-mumbai",
        "IN-Shop-Mumbai-Clinic",
        "IN-Kiosk-Mumbai-Clinic",
        "Kiosk in the clinic",
        frozenset(),
        "The clinic opens a kiosk for its patients.",
    )


def _ask(
    login: str, agent: str, account_id: str, name: str, codes: frozenset[Authorization], why: str
) -> None:
    request_create_filed(
        actor=actor_for(User.objects.called(login).get()),
        parent=Account.objects.get(account_id=agent),
        account_id=account_id,
        name=name,
        codes=codes,
        reason=why,
    )

"""The authorizations of the demo: what each agent holds, since when, and what it made use of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization, Codes, codes_from
from accounts.core.models import Account, AuthorizationTemplate, User
from accounts.tree.services.accounts import account_edit

_ALL = list(Authorization)


@dataclass(frozen=True)
class DemoGrant:
    """What one account holds: by number, or by the name of a template of the platform."""

    account_id: str
    numbers: tuple[int, ...] = ()
    template: str = ""
    days_ago: int = 30
    reason: str = "Agreed in the contract"


def plan() -> Iterator[DemoGrant]:
    """Agents before their sub-accounts."""
    yield DemoGrant("BD-Wholesale-Agent", (1, 2, 3, 7, 8), days_ago=200)
    yield DemoGrant("Dhaka-Retail-Sub", (1, 2, 8), days_ago=150)
    yield DemoGrant("Dhaka-Empty-Account", (2,), days_ago=20)
    yield DemoGrant("Chittagong-Retail-Sub", template="Retail", days_ago=140)
    yield DemoGrant("Sub-Sub-Agent", (1, 2), days_ago=40)
    yield DemoGrant("Master-Agent-2", template="Silver", days_ago=100)
    yield DemoGrant("IN-Retail-Lakshmi", template="Retail", days_ago=180)
    for city in ("Mumbai", "Chennai", "Kolkata"):
        yield DemoGrant(f"IN-Retail-{city}", template="Retail", days_ago=120)
    yield DemoGrant("DE-Wholesale-Nordlicht", template="Wholesale", days_ago=160)
    yield DemoGrant("DE-Wholesale-Elbe", template="SIP Trunk Provider", days_ago=95)
    yield DemoGrant("GB-Card-Operator", template="Calling Card", days_ago=130)
    yield DemoGrant("GB-Card-Brixton", template="Calling Card", days_ago=60)
    yield DemoGrant("AE-Multi-Gulfbridge", template="Platinum", days_ago=110)
    for country in ("KE-Country-Kenya", "PH-Country-Philippines", "BR-Country-Brazil"):
        yield DemoGrant(country, template="Gold", days_ago=45)


def grant_all() -> None:
    """Grant what is not held yet, and let two agents work so that not everything is unused."""
    for one in plan():
        account = Account.objects.get(account_id=one.account_id)
        if held(account):
            continue
        template = None
        codes: Codes = frozenset(_ALL[number - 1] for number in one.numbers)
        if one.template:
            template = AuthorizationTemplate.objects.get(owner=None, name=one.template)
            codes = codes_from(template.codes)
        grants_set(
            actor=SYSTEM,
            account=account,
            codes=codes,
            reason=one.reason,
            template=template,
            granted_at=timezone.now() - timedelta(days=one.days_ago),
        )
    _work("dhaka-retail", "Customer-003", "Call back before noon.")
    _work("lakshmi", "IN-Retail-Chennai", "Moves to a new office in spring.")


def _work(login: str, account_id: str, memo: str) -> None:
    """An ordinary deed of an agent, which makes use of authorization 1."""
    account_edit(
        actor=actor_for(User.objects.called(login).get()),
        account=Account.objects.get(account_id=account_id),
        detail={"memo": memo},
    )

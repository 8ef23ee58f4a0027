"""Which carrier a real SIP server calls by: one without money is passed over, and an account that
is bound to carriers uses no others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.carriers.services import carrier_policy_set
from billing.wallets.models import Wallet
from tests.factories import AccountFactory, GatewayFactory
from tests.factories.rates import LONG_AGO
from tests.sip.conftest import ANSWERED, REST, Chain, Line, all_is_sound, legs_of, priced
from tests.support import sipp
from tests.support.buying import buys_at
from tests.support.paying import pay
from tests.support.sip_server import free_port
from tests.support.sipp import Phone

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.slow,
    pytest.mark.xdist_group("sip"),
]  # fmt: skip

# Of the second carrier too.
BOTH = f"{ANSWERED}9"
NUMBER = BOTH + REST[1:]


@dataclass(frozen=True)
class Second:
    """Another carrier, whose gateway is asked first."""

    account: Account
    gateway: str


@pytest.fixture(scope="module")
def second(line: Line) -> Iterator[Second]:
    account: Account = AccountFactory(account_id="Carrier-Two", type=Account.Type.CLEARING)
    buys_at(account, line.groups["cost"], since=LONG_AGO)
    address, port = "127.8.1.1", free_port()
    GatewayFactory(
        account=account, name="rt-second", direction="routing", addresses=[address], port=port,
        prefixes=[BOTH], capacity=1000, priority=1,
    )  # fmt: skip
    answering = Phone(line.folder, "rt-second", sipp.ANSWERS, "-i", address, "-p", str(port))
    yield Second(account, "rt-second")
    answering.end()


def route_of(line: Line, chain: Chain, calls: int) -> str:
    """By which gateway the next call of the chain goes; it has made so many then."""
    line.talked(chain.gateway, NUMBER, 200)
    return max(legs_of(chain.customer, calls), key=lambda one: one.setup).routing_gateway


def test_a_carrier_without_money_is_skipped_until_it_has_some(line: Line, second: Second) -> None:
    chain = line.chain()
    empty(second)
    assert route_of(line, chain, 1) == "rt-answers"
    pay(second.account, "1")
    assert route_of(line, chain, 2) == second.gateway
    leg = max(legs_of(chain.customer, 2), key=lambda one: one.setup)
    assert balance(second) == 1 - priced("cost", leg.duration)
    # Used up: back to the other one.
    empty(second)
    assert route_of(line, chain, 3) == "rt-answers"
    all_is_sound()


def test_a_bound_account_calls_by_its_carriers_alone(line: Line, second: Second) -> None:
    """What binds the agent binds all below it, where nothing nearer does."""
    pay(second.account, "5")
    chain, other = line.chain(), line.chain()
    bind(chain.agent, line.carrier)
    assert route_of(line, chain, 1) == "rt-answers"
    assert route_of(line, other, 1) == second.gateway
    bind(chain.customer, second.account)
    assert route_of(line, chain, 2) == second.gateway
    # Where its own carrier does not go, another one is no way.
    assert line.refused(chain.gateway, ANSWERED + REST, 503) == "No route"
    assert chain.held() == [0, 0, 0]


def balance(second: Second) -> Decimal:
    return Wallet.objects.get(pk=second.account.pk).balance


def empty(second: Second) -> None:
    if left := balance(second):
        pay(second.account, str(left), "deduction")


def bind(account: Account, carrier: Account) -> None:
    carrier_policy_set(
        actor=SYSTEM, account=account, uses="bound", carriers=[carrier], reason="Why"
    )

"""One line for all tests here: the portal as it is served, with its charger and its clock,
a real SIP server that asks it, and carriers that do what their prefix says. Each test brings
accounts of its own.
"""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import TransactionTestCase

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.gateways import signalling
from accounts.phones.services.phones import phone_create
from accounts.tree.services.load import Draft, accounts_load
from billing.calls.models import CallRecord, Leg
from billing.charging.models import Charge
from billing.holds.models import RunningCall
from billing.wallets.models import RateGroup, Wallet
from tests.factories import AccountFactory, GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.factories.switches import new_switch
from tests.support import sipp
from tests.support.buying import buys_at
from tests.support.paying import pay
from tests.support.sip_server import HOST, Kamailio, Portal, free_port, missing
from tests.support.sipp import Caller, Phone, call_options
from tests.support.waiting import until

SWITCH = "sip-1"
# By their beginning: who takes them, and what becomes of them.
ANSWERED, BUSY, RINGING = "880", "881", "882"
# Begins at a carrier that is not there; the second answers.
SECOND, NOWHERE, NO_CARRIER, BROKE, UNRATED = "883", "884", "885", "886", "887"
_RATED = (ANSWERED, BUSY, RINGING, SECOND, NOWHERE, NO_CARRIER, BROKE)
REST = "1711000000"
# A second costs the customer a tenth of a cent.
PRICES = {"customer": "0.06", "agent": "0.04", "top": "0.03", "cost": "0.012"}
_COUNT = itertools.count(1)


@dataclass
class Chain:
    """Three levels with money; a phone at the lowest, and a gateway of this machine."""

    top: Account
    agent: Account
    customer: Account
    phone: Caller
    gateway: Caller
    gateway_name: str

    @property
    def levels(self) -> tuple[Account, Account, Account]:
        return self.customer, self.agent, self.top

    def held(self) -> list[Decimal]:
        return [Wallet.objects.get(pk=one.pk).held for one in self.levels]


@dataclass
class Line:
    folder: Path
    portal: Portal
    switch: Kamailio
    groups: dict[str, RateGroup]
    carrier: Account
    key: str
    carriers: list[Phone] = field(default_factory=list)

    def chain(self, *, money: str = "10", max_calls: int = 100, **less: str) -> Chain:
        """A new hierarchy; `customer="0.01"` and the like have other sums than the rest."""
        at = next(_COUNT)
        names = [f"Top-{at}", f"Agent-{at}", f"Customer-{at}"]
        above = zip(names, ["", *names], strict=False)
        accounts_load(actor=SYSTEM, drafts=[Draft(name, name, agent) for name, agent in above])
        levels = dict(zip(("top", "agent", "customer"), names, strict=True))
        found = {key: Account.objects.get(account_id=name) for key, name in levels.items()}
        for key, account in found.items():
            buys_at(account, self.groups[key], since=LONG_AGO)
            pay(account, less.get(key, money))
        number, address = f"88018190{at:05}", f"127.9.{at // 200}.{at % 200 + 1}"
        issued = phone_create(
            actor=SYSTEM, account=found["customer"], number=number, max_calls=max_calls
        )
        name = f"in-{at}"
        GatewayFactory(
            account=found["customer"], name=name, direction="mapping", addresses=[address],
            capacity=max_calls,
        )  # fmt: skip
        return Chain(
            **found,
            phone=Caller(number, user=number, password=issued.password),
            gateway=Caller(number, address=address),
            gateway_name=name,
        )

    def heard(self, name: str) -> str:
        """What was said at the carriers' gateway of this name."""
        return (self.folder / f"{name}.messages").read_text(errors="replace")

    def records(self) -> list[dict[str, str]]:
        """What the switch wrote down of each call that is over, in its log."""
        found = re.findall(r"record (\{.*\})", self.switch.log.read_text(errors="replace"))
        return [json.loads(one) for one in found]

    def unknown(self) -> int:
        """Of how many callers the portal left too long without an answer who they are."""
        said = self.switch.log.read_text(errors="replace")
        return said.count("gave no answer to credentials")

    def post(self, name: str, body: Any, *, key: str = "") -> Any:
        """What the portal answers a switch with this key; the SIP server's where none is given."""
        ask = Request(
            self.portal.address + name, json.dumps(body).encode(),
            {"Authorization": f"Bearer {key or self.key}"},
        )  # fmt: skip
        with urlopen(ask, timeout=20) as answer:
            return json.loads(answer.read())

    def calling(self, who: Caller, steps: list[str], **how: Any) -> Phone:
        """SIPp as somebody who calls; what `done()` waits for."""
        options = call_options(who, self.switch.port, **how)
        return Phone(self.folder, f"call-{next(_COUNT)}", steps, *options)

    def talked(self, who: Caller, number: str, milliseconds: int = 1200) -> str:
        return self.calling(who, sipp.talks(who, number, milliseconds)).done()

    def refused(self, who: Caller, number: str, status: int) -> str:
        """What the caller hears in the end: the words of the answer with this status."""
        said = self.calling(who, sipp.is_refused(who, number, status)).done()
        return next(one for one in reversed(sipp.statuses(said)) if one.startswith(str(status)))[4:]


def priced(key: str, seconds: int) -> Decimal:
    """What so many seconds cost at a level."""
    exact = Decimal(PRICES[key]) * seconds / 60
    return exact.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def charged_for(chain: Chain, leg: Leg) -> list[Decimal]:
    """The charges of a leg: of the customer, its agent, the agent at the top; last the cost."""
    found = {one.account_id: one.amount for one in Charge.objects.filter(leg_id=leg.pk)}
    levels = [found.pop(one.pk, Decimal(0)) for one in chain.levels]
    return levels + list(found.values())


def legs_of(account: Account, count: int = 1) -> list[Leg]:
    """The legs of an account, once so many are charged and nothing of it runs or waits."""

    def charged() -> bool:
        is_up = RunningCall.objects.filter(account=account).exists()
        return not is_up and Leg.objects.filter(account_id=account.pk).count() >= count

    try:
        until(charged)
    except AssertionError:
        queue = [(one.reason, one.detail, one.columns) for one in CallRecord.objects.waiting()]
        running = RunningCall.objects.values_list("call_id", "answered_at", "ended_at")
        raise AssertionError(f"waits: {queue}; runs: {list(running)}") from None
    return list(Leg.objects.filter(account_id=account.pk).order_by("pk"))


@pytest.fixture(scope="package")
def sip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if lacking := missing():
        pytest.skip(f"not installed: {lacking} (docs/contributing.md)")
    return tmp_path_factory.mktemp("sip")


@pytest.fixture(scope="package")
def line(sip_folder: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[Line]:
    with django_db_blocker.unblock(), _of_this_machine():
        cache.clear()
        portal = switch = None
        carriers: list[Phone] = []
        try:
            portal = Portal(sip_folder)
            key = new_switch(SWITCH, addresses=[HOST]).key.text
            groups = _groups()
            carrier = _carrier("Carrier-One", groups["cost"])
            carriers += _routes(carrier, sip_folder)
            switch = Kamailio(sip_folder, portal=portal.address, key=key)
            yield Line(sip_folder, portal, switch, groups, carrier, key, carriers)
        finally:
            for one in filter(None, (switch, portal, *carriers)):
                one.end()
            TransactionTestCase("__init__")._fixture_teardown()


@contextmanager
def _of_this_machine() -> Iterator[None]:
    """Gateways may have addresses of this machine, here and where the portal is served."""
    loopback = list(signalling._LOOPBACK)
    signalling._LOOPBACK.clear()
    try:
        yield
    finally:
        signalling._LOOPBACK.extend(loopback)


def _groups() -> dict[str, RateGroup]:
    found = {key: rate_group(None, f"Group {key}") for key in PRICES}
    for key, group in found.items():
        for prefix in _RATED:
            rate(group, prefix, PRICES[key], first_block=1, increment=1)
    return found


def _carrier(name: str, group: RateGroup) -> Account:
    found: Account = AccountFactory(account_id=name, type=Account.Type.CLEARING)
    buys_at(found, group, since=LONG_AGO)
    pay(found, "1000")
    return found


def _routes(carrier: Account, folder: Path) -> list[Phone]:
    """Routing gateways of the carrier, and what stands behind them."""
    behave: dict[str, tuple[list[str], list[str] | None]] = {
        "rt-answers": ([ANSWERED, SECOND], sipp.ANSWERS),
        "rt-busy": ([BUSY], sipp.says("486 Busy at our Carrier-One")),
        "rt-rings": ([RINGING], sipp.RINGS),
        "rt-broke": ([BROKE], sipp.says("402 Carrier-One has no money")),
        "rt-dead": ([f"{SECOND}1", NOWHERE], None),
    }
    running = []
    for at, (name, (prefixes, steps)) in enumerate(behave.items(), 1):
        port, address = free_port(), f"127.8.0.{at}"
        GatewayFactory(
            account=carrier, name=name, direction="routing", addresses=[address], port=port,
            prefixes=prefixes, capacity=1000,
        )  # fmt: skip
        if steps is not None:
            how = ["-i", address, "-p", str(port)]
            running.append(Phone(folder, name, steps, *how))
    return running


@pytest.fixture
def _django_db_helper(line: Line) -> None:
    """Instead of pytest-django's: nothing is emptied between two tests of a line."""


def all_is_sound() -> None:
    call_command("check_all", verbosity=0)

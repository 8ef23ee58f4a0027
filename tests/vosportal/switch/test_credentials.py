"""Who is this user name: a digest for who may register, and one neutral no for everybody else."""

import hashlib
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.gateways.services.gateways import gateway_information_set
from accounts.phones.services.phones import phone_create, phone_lock, phone_reset
from accounts.tree.services.accounts import account_lock
from tests.factories import AccountFactory, GatewayFactory, ResellerTree, grant
from tests.factories.switches import ask
from vosportal.switch import credentials as tested

pytestmark = pytest.mark.django_db

NUMBER, TRUNK, PASSWORD = "8801755500001", "trunk-1", "Zq7-never-in-a-log"
REALM = "sip.example.com"


@pytest.fixture(autouse=True)
def realm(settings: Any) -> None:
    settings.SIP_REALM = REALM


def ha1(user: str, password: str) -> str:
    return hashlib.md5(f"{user}:{REALM}:{password}".encode()).hexdigest()


@pytest.fixture
def customer(reseller_tree: ResellerTree) -> Account:
    grant(reseller_tree.agent)
    return reseller_tree.customer


@pytest.fixture
def issued_phone(customer: Account) -> Any:
    return phone_create(actor=SYSTEM, account=customer, number=NUMBER)


@pytest.fixture
def trunk(customer: Account) -> Gateway:
    made: Gateway = GatewayFactory(account=customer, name="gw-1", addresses=["203.0.113.5"])
    information = {
        "registration": "dynamic", "user_name": TRUNK, "password": PASSWORD, "is_locked": False,
    }  # fmt: skip
    return gateway_information_set(
        actor=SYSTEM, gateway=made, information=information, reason="registers"
    )


def of(key: str, user: Any) -> dict[str, Any]:
    answer = ask(key, "credentials", {"user": user})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


NO = {"known": False}


def test_a_phone_is_known_by_its_number(key: str, issued_phone: Any) -> None:
    wanted = {
        "known": True, "user": NUMBER, "realm": REALM, "ha1": ha1(NUMBER, issued_phone.password),
        "phone": NUMBER,
    }  # fmt: skip
    assert of(key, NUMBER) == wanted
    # A number without quotes is one as well.
    assert of(key, int(NUMBER)) == wanted


def test_a_new_password_counts_at_once(key: str, issued_phone: Any) -> None:
    again = phone_reset(actor=SYSTEM, phone=issued_phone.phone)
    assert of(key, NUMBER)["ha1"] == ha1(NUMBER, again.password)


def test_a_gateway_that_registers_is_known_by_its_user_name(key: str, trunk: Gateway) -> None:
    wanted = {
        "known": True, "user": TRUNK, "realm": REALM, "ha1": ha1(TRUNK, PASSWORD),
        "gateway": "gw-1",
    }  # fmt: skip
    assert of(key, TRUNK) == wanted
    assert of(key, TRUNK.upper()) == wanted


def test_a_gateway_at_an_address_is_named(key: str, customer: Account) -> None:
    GatewayFactory(account=customer, name="gw-2", addresses=["203.0.113.16/28"])
    carrier = AccountFactory(type="clearing")
    GatewayFactory(account=carrier, name="out", direction="routing", addresses=["203.0.113.64"])
    for address, wanted in (
        ("203.0.113.17", {"known": True, "gateway": "gw-2"}),
        ("203.0.113.64", NO),
        ("203.0.113.15", NO),
        ("not an address", NO),
    ):
        answer = ask(key, "credentials", {"address": address})
        assert (answer.status_code, json.loads(answer.content)) == (200, wanted), address
    assert ask(key, "credentials", {"address": "9" * 50}).status_code == 422


@pytest.mark.parametrize("lock", ["none", "in", "out", "all"])
def test_a_phone_is_known_whatever_calls_it_may_not_have(
    key: str, issued_phone: Any, lock: str
) -> None:
    """Who calls is proven first; the lock is for `authorize` to answer."""
    phone_lock(actor=SYSTEM, phone=issued_phone.phone, lock=lock, reason="Why")
    assert of(key, NUMBER)["ha1"] == ha1(NUMBER, issued_phone.password)


def _lock_gateway(trunk: Gateway) -> None:
    gateway_information_set(
        actor=SYSTEM, gateway=trunk, information={"is_locked": True}, reason="Why"
    )


def _static(trunk: Gateway) -> None:
    gateway_information_set(
        actor=SYSTEM, gateway=trunk, information={"registration": "static"}, reason="Why"
    )


def test_a_gateway_is_known_where_it_is_locked(key: str, trunk: Gateway) -> None:
    _lock_gateway(trunk)
    assert of(key, TRUNK)["ha1"] == ha1(TRUNK, PASSWORD)


def test_a_gateway_that_does_not_register_is_not_known(key: str, trunk: Gateway) -> None:
    _static(trunk)
    assert of(key, TRUNK) == NO


@pytest.mark.parametrize("level", ["customer", "agent", "top"])
def test_below_a_locked_account_nobody_is_known(
    key: str, reseller_tree: ResellerTree, issued_phone: Any, trunk: Gateway, level: str
) -> None:
    assert of(key, NUMBER)["known"]
    assert of(key, TRUNK)["known"]
    account_lock(actor=SYSTEM, account=getattr(reseller_tree, level), reason="Why")
    assert (of(key, NUMBER), of(key, TRUNK)) == (NO, NO)


def test_below_an_expired_account_nobody_is_known(key: str) -> None:
    now = timezone.now()
    agent = AccountFactory(account_id="Ends-1", valid_until=now + timedelta(hours=1))
    phone_create(
        actor=SYSTEM, account=AccountFactory(account_id="Below-1", parent=agent), number=NUMBER
    )
    assert of(key, NUMBER)["known"]
    with time_machine.travel(now + timedelta(hours=2), tick=False):
        assert of(key, NUMBER) == NO


@pytest.mark.parametrize("user", ["gw-1", "customer", "880175550000", f"+{NUMBER}", "%", "*", "_"])
def test_nobody_else_is_known(key: str, issued_phone: Any, trunk: Gateway, user: str) -> None:
    assert of(key, user) == NO


def test_every_no_is_made_of_the_same_work(
    key: str, issued_phone: Any, trunk: Gateway, monkeypatch: Any
) -> None:
    """Statements, secrets read, digests made: whoever counts the time learns nothing."""
    work: list[str] = []

    def noted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any) -> Any:
            work.append(name)
            return call(*args)

        return noting

    for name in ("decrypted", "digest"):
        monkeypatch.setattr(tested, name, noted(name, getattr(tested, name)))
    account_lock(actor=SYSTEM, account=issued_phone.phone.account, reason="Why")
    of(key, "nobody")
    seen = set()
    for user in (NUMBER, TRUNK, "nobody"):
        work.clear()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert of(key, user) == NO
        seen.add((len(queries), *work))
    assert len(seen) == 1, seen


def test_no_digest_is_logged(
    key: str, issued_phone: Any, trunk: Gateway, caplog: Any, capfd: Any
) -> None:
    cache.clear()
    with caplog.at_level(logging.DEBUG):
        found = [of(key, NUMBER), of(key, TRUNK)]
    lines = caplog.text + "".join(capfd.readouterr())
    assert all(one["known"] for one in found)
    for secret in (*(one["ha1"] for one in found), PASSWORD, issued_phone.password):
        assert secret not in lines

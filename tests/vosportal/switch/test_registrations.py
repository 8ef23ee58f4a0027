"""Who is online, as a switch tells it, and as the pages of phones and gateways say it
(docs/domain.md 8).
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.gateways.models import Gateway
from accounts.phones.models import Phone
from accounts.phones.services.phones import phone_delete
from accounts.switches.models import Registration
from tests.factories import GatewayFactory, ResellerTree, grant, phone
from tests.factories.switches import ask, new_switch
from tests.support.pages import words_of

pytestmark = pytest.mark.django_db

NUMBER, ADDRESS = "8801755500001", "203.0.113.9"
NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def line(reseller_tree: ResellerTree, time_machine: Any) -> Phone:
    grant(reseller_tree.agent)
    time_machine.move_to(NOON, tick=False)
    return phone(reseller_tree.customer, NUMBER)


@pytest.fixture
def trunk(reseller_tree: ResellerTree, line: Phone) -> Gateway:
    made: Gateway = GatewayFactory(
        account=reseller_tree.customer, name="gw-1", direction="mapping", capacity=5,
        registration="dynamic", user_name="trunk-1", password="Zq7-never-in-a-log",
        is_locked=False,
    )  # fmt: skip
    return made


def told(key: str, event: str = "registered", **more: Any) -> dict[str, Any]:
    body = {"event": event, "user": NUMBER, "at": NOON.isoformat(), **more}
    if event == "registered":
        body = {"address": ADDRESS, "seconds": 600, **body}
    answer = ask(key, "events", body)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_who_registers_is_online_until_it_says_nothing_more(
    key: str, line: Phone, admin: Client, time_machine: Any
) -> None:
    page = line.get_absolute_url()
    assert "Never registered" in words_of(admin.get(page))
    assert told(key) == {"known": True}
    assert f"from {ADDRESS}" in words_of(admin.get(page))
    # Ten minutes as it said, and five more.
    time_machine.move_to(NOON + timedelta(minutes=14, seconds=59), tick=False)
    assert "Online since" in words_of(admin.get(page))
    time_machine.move_to(NOON + timedelta(minutes=15), tick=False)
    assert "Offline since" in words_of(admin.get(page))


def test_who_leaves_is_offline_at_once(key: str, line: Phone, admin: Client) -> None:
    told(key, at=(NOON - timedelta(minutes=2)).isoformat())
    assert told(key, "unregistered") == {"known": True}
    assert "Offline since" in words_of(admin.get(line.get_absolute_url()))
    # What was told before it came is no news.
    told(key)
    told(key, "unregistered", at=(NOON - timedelta(minutes=1)).isoformat())
    assert "Online since" in words_of(admin.get(line.get_absolute_url()))


def test_another_switch_says_nothing_of_who_left(key: str, line: Phone) -> None:
    told(key)
    told(new_switch("sw-2").key.text, "unregistered")
    assert Registration.objects.get().until > NOON


def test_a_refresh_is_not_written(key: str, line: Phone, time_machine: Any) -> None:
    told(key)
    for minutes in (1, 2, 4):
        now = NOON + timedelta(minutes=minutes)
        time_machine.move_to(now, tick=False)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            told(key, at=now.isoformat())
        assert not any("_registration" in one["sql"] for one in writes(asked))
    kept = Registration.objects.get()
    assert (kept.since, kept.until) == (NOON, NOON + timedelta(minutes=15))
    now = NOON + timedelta(minutes=6)
    time_machine.move_to(now, tick=False)
    told(key, at=now.isoformat())
    kept.refresh_from_db()
    assert (kept.since, kept.until) == (NOON, now + timedelta(minutes=15))
    # Somewhere else is news at once.
    told(key, at=now.isoformat(), address="2001:db8::1")
    assert Registration.objects.get().address == "2001:db8::1"


def writes(asked: CaptureQueriesContext) -> list[dict[str, str]]:
    verbs = ("INSERT", "UPDATE", "DELETE")
    return [one for one in asked.captured_queries if one["sql"].startswith(verbs)]


def test_a_gateway_that_registers_says_so_on_its_page(
    key: str, trunk: Gateway, admin: Client
) -> None:
    assert told(key, user="TRUNK-1") == {"known": True}
    assert f"from {ADDRESS}" in words_of(admin.get(trunk.get_absolute_url()))


def test_nobody_is_known_by_another_name(key: str, line: Phone) -> None:
    assert told(key, user="nobody") == {"known": False}
    assert told(key, "unregistered", user="nobody") == {"known": False}
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 0}, {"seconds": 86_401}, {"seconds": "ten"}, {"seconds": None},
        {"seconds": True}, {"address": "here"}, {"address": ""}, {"address": "fe80::1%eth0"},
        {"address": "203.0.113.0/24"}, {"user": ""}, {"user": "9" * 65}, {"at": "soon"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(key: str, line: Phone, wrong: dict[str, Any]) -> None:
    body = {
        "event": "registered", "user": NUMBER, "at": NOON.isoformat(), "address": ADDRESS,
        "seconds": 600, **wrong,
    }  # fmt: skip
    assert ask(key, "events", body).status_code == 422
    assert not Registration.objects.exists()


def test_a_phone_that_is_deleted_takes_it_along(key: str, line: Phone) -> None:
    told(key)
    phone_delete(actor=SYSTEM, phone=line)
    assert not Registration.objects.exists()


def test_only_who_sees_the_phone_sees_where_it_is(
    key: str,
    line: Phone,
    trunk: Gateway,
    reseller_tree: ResellerTree,
    agent_login: Callable[..., Any],
    client_of: Callable[..., Client],
) -> None:
    told(key)
    told(key, user="trunk-1")
    for one in (line, trunk):
        for account in (reseller_tree.agent, reseller_tree.customer):
            page = client_of(agent_login(account)).get(one.get_absolute_url())
            assert ADDRESS in words_of(page), account
        for account in (reseller_tree.sibling, reseller_tree.customer_2):
            page = client_of(agent_login(account)).get(one.get_absolute_url())
            assert page.status_code == 404, account

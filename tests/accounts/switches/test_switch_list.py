"""The list of switches narrowed, in its views and as a file: never a key."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.core.models import AuditEntry
from accounts.switches.services.switches import switch_seen
from tests.factories import AccountFactory
from tests.factories.switches import new_switch
from tests.support.sheets import raw_of, read_csv

pytestmark = pytest.mark.django_db

LIST, FILE = "/switches/", "/switches/export/?format=csv"


@pytest.fixture
def switches(db: None) -> Iterator[None]:
    """One that is heard, one that is silent, one that never was heard, one that is locked."""
    now = timezone.now()
    for name, ago in (("sw-heard", 29), ("sw-silent", 31), ("sw-new", None), ("sw-locked", 31)):
        switch = new_switch(
            name, [f"203.0.113.{len(name)}"], is_locked=name == "sw-locked", note=f"of {name}"
        ).switch
        if ago is not None:
            with time_machine.travel(now - timedelta(seconds=ago), tick=False):
                switch_seen(switch=switch, address="198.51.100.7")
    with time_machine.travel(now, tick=False):
        yield


def listed(browser: Client, query: str) -> list[str]:
    found = browser.get(f"{LIST}{query}")
    assert found.status_code == 200
    return [line.row.switch.name for line in found.context["table"].lines]


@pytest.mark.usefixtures("switches")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["sw-heard", "sw-locked", "sw-new", "sw-silent"]),
        ("?state=heard", ["sw-heard"]),
        ("?state=silent", ["sw-silent"]),
        ("?state=never", ["sw-new"]),
        ("?state=locked", ["sw-locked"]),
        ("?q=SW-SIL", ["sw-silent"]),
        ("?q=203.0.113.6", ["sw-new"]),
        ("?q=of+sw-new", ["sw-new"]),
        ("?q=vsw_", []),
    ],
)
def test_it_is_narrowed(admin: Client, query: str, names: list[str]) -> None:
    assert listed(admin, query) == names


@pytest.mark.usefixtures("switches")
def test_the_tab_of_silent_ones_says_how_many(admin: Client) -> None:
    tabs = admin.get(LIST).context["views"]
    assert [(str(one["label"]), one["count"]) for one in tabs] == [
        ("All switches", ""), ("Silent", "1"), ("Never heard", ""), ("Locked", ""),
    ]  # fmt: skip


def test_the_file_holds_what_is_listed_and_no_key(admin: Client) -> None:
    issued = [new_switch("sw-1", note="Dhaka"), new_switch("sw-2", is_locked=True)]
    rows = read_csv(admin.get(f"{FILE}&state=never"))
    assert [(one["Switch"], one["State"], one["Addresses"], one["Note"]) for one in rows] == [
        ("sw-1", "Never heard", "127.0.0.1", "Dhaka")
    ]
    assert AuditEntry.objects.get(action="switches.export").after["filters"]["state"] == "never"
    raw = raw_of(admin.get(FILE)).decode()
    assert "sw-2" in raw
    for one in issued:
        assert one.switch.key_id not in raw
        assert one.switch.key_hash not in raw
        assert one.key.text not in raw


def test_it_is_for_administrators_alone(agent_login: Any, client_of: Any, admin: Client) -> None:
    agent = client_of(agent_login(AccountFactory()))
    assert (agent.get(FILE).status_code, admin.get(FILE).status_code) == (403, 200)

"""PostgreSQL is killed under a switch at work: whatever the switch was told of calls, that they may
be made and until when they may last, is there afterwards with the money it takes (docs/domain.md
7). Holds are committed without waiting for the disk; it is waited for before the switch is told.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from accounts.phones.models import Phone
from tests.factories.rates import rate
from tests.support.databases import Server
from tests.support.depth import is_night
from tests.support.paying import pay
from tests.support.portals import DATABASE, copied
from tests.support.served import Served
from tests.support.switch_line import Line
from tests.vosportal.switch.conftest import NUMBER, Switched

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race,
    pytest.mark.slow,
]  # fmt: skip

CRASHES, AT_ONCE = 8 if is_night() else 2, 6
# Between two crashes so many calls are let through.
CALLS = 60
SECONDS = 10


@pytest.fixture
def server(switched: Switched) -> Iterator[Server]:
    """A copy of this test's database, on a server that writes its log to the disk only where
    somebody waits for it.
    """
    tree, groups = switched.tree, switched.groups
    Phone.objects.update(max_calls=5_000)
    for account in (tree.customer, tree.agent, tree.top):
        pay(account, "10000")
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "8801", "0.06", first_block=1, increment=1)
    server = Server(settings={"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"})
    try:
        copied(server)
        yield server
    finally:
        server.stop()


@pytest.fixture
def served(server: Server, tmp_path: Path) -> Iterator[Served]:
    portal = Served(
        server.url(DATABASE), tmp_path, SWITCH_SECONDS=str(SECONDS), SWITCH_LONGEST="86400"
    )
    portal.managing("switch_clock")
    try:
        yield portal
    finally:
        portal.end()


class Switch:
    """Asks for calls, each of which is answered and goes on; what it was told of them."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.allowed: dict[str, dict[str, Any]] = {}
        self.ends: dict[str, datetime] = {}
        self.extended: set[str] = set()
        self._numbers = count()
        self._over = threading.Event()

    def going_on(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        deeds: list[Callable[[], None]] = [self._call] * AT_ONCE
        return [pool.submit(self._again_and_again, one) for one in [*deeds, self._hear]]

    def stop(self) -> None:
        self._over.set()

    def _again_and_again(self, deed: Callable[[], None]) -> None:
        while not self._over.is_set():
            deed()

    def _call(self) -> None:
        call = {"call_id": f"call-{next(self._numbers)}"}
        answer = self.line.say("authorize", {**call, "phone": "8801819000001", "callee": NUMBER})
        if answer is None:
            # The server is away; whoever called has hung up.
            time.sleep(0.05)
            return
        assert answer["allowed"], answer
        self.allowed[call["call_id"]] = answer
        event = {**call, "event": "answered", "at": timezone.now().isoformat()}
        told = self.line.say("events", event)
        if told is not None:
            assert told["known"]
            self._ends(call["call_id"], told["ends_at"])

    def _hear(self) -> None:
        """Everything, each time: what was lost with a crash would be told otherwise."""
        answer = self.line.say("cuts", {})
        for one in answer["calls"] if answer else ():
            assert not one["is_cut"]
            if self._ends(one["call_id"], one["ends_at"]):
                self.extended.add(one["call_id"])
        time.sleep(0.05)

    def _ends(self, name: str, at: str) -> bool:
        """Keep the latest end that was told; whether it is later than one before."""
        end, before = datetime.fromisoformat(at), self.ends.get(name)
        self.ends[name] = max(end, before or end)
        return before is not None and end > before


def test_what_the_switch_was_told_survives_the_server(
    server: Server, served: Served, switched: Switched, key: str
) -> None:
    switch = Switch(Line(served.port, key))
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        running = switch.going_on(pool)
        try:
            for _crash in range(CRASHES):
                _wait_for(switch, running)
                server.kill()
                server.start()
                assert_kept(server, switch)
        finally:
            switch.stop()
        for one in running:
            one.result()
    assert switch.extended
    _assert_told_again_the_same(switch)
    for command in ("check_ledger", "check_calls"):
        assert _done(served, command) == 0, (served.folder / f"{command}.log").read_text()


def _wait_for(switch: Switch, running: list[Future[None]]) -> None:
    """So many calls more, and one that was granted more."""
    before, end = len(switch.allowed), time.monotonic() + 60
    while len(switch.allowed) < before + CALLS or not switch.extended:
        assert time.monotonic() < end, "nobody is answered any more"
        assert not any(one.done() for one in running), [one.result() for one in running]
        time.sleep(0.01)


def assert_kept(server: Server, switch: Switch) -> None:
    told, ends = dict(switch.allowed), dict(switch.ends)
    where = f"host={server.folder} user={Server.USER} dbname={DATABASE}"
    with psycopg.connect(where, autocommit=True) as there:
        rows = there.execute(
            "SELECT call_id, ends_at,"
            " (SELECT count(*) FROM billing_hold WHERE call_id = call.id),"
            " (SELECT sum(amount) FROM billing_hold WHERE call_id = call.id AND level = 0), seconds"
            " FROM billing_runningcall call"
        ).fetchall()
    found = {name: row for name, *row in rows}
    assert set(told) - set(found) == set()
    for name in told:
        end, holds, amount, seconds = found[name]
        assert holds == 3
        # In micro-units, at a tenth of a cent a second.
        assert amount == seconds * 1000
        assert name not in ends or end >= ends[name]


def _assert_told_again_the_same(switch: Switch) -> None:
    for name, answer in list(switch.allowed.items())[-20:]:
        asked = {"call_id": name, "phone": "8801819000001", "callee": NUMBER}
        assert switch.line.insist("authorize", asked) == answer


def _done(served: Served, command: str) -> int:
    process: subprocess.Popen[bytes] = served.managing(command)
    return process.wait(60)

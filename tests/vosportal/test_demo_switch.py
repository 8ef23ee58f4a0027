"""`manage.py demo --with-switch`: a real SIP server carries calls beside it, and ends with it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.core.record import record
from accounts.switches.models import Registration
from billing.holds.models import RunningCall
from tests.factories import AccountFactory, GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at
from tests.support.paying import pay
from tests.support.processes import ROOT, database_url
from tests.support.waiting import LONGEST, until, wait_until_alone
from vosportal.demo.sip import NAME, lacking
from vosportal.management.commands import demo as command


def below(pid: int) -> set[int]:
    """The processes that one started, and all that these did."""
    try:
        lines = [one.read_text() for one in Path(f"/proc/{pid}/task").glob("*/children")]
    except FileNotFoundError:
        return set()
    found = {int(one) for line in lines for one in line.split()}
    return found.union(*(below(one) for one in found))


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def demo() -> Iterator["subprocess.Popen[bytes]"]:
    """On a database with a gateway of the demo that registers, and its carrier alone."""
    record(actor=SYSTEM, action="demo.load")
    group = rate_group(None, "Group")
    for code in ("254", "256", "255", "44"):
        rate(group, code, "0.06")
    callers = AccountFactory(account_id="KE-Country-Kenya")
    carrier = AccountFactory(account_id="SG-Carrier-Clearing", type=Account.Type.CLEARING)
    for account in (callers, carrier):
        buys_at(account, group, since=LONG_AGO)
        pay(account, "1000")
    GatewayFactory(
        account=callers, name="nairobi-01", direction="mapping", capacity=60,
        registration="dynamic", user_name="nairobi-01", password="nairobi-01-of-the-demo",
        is_locked=False,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", f"127.0.0.1:{port}", "--with-switch"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Tests that a shell runs in the background inherit that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    yield process
    process.kill()
    process.wait()
    wait_until_alone()


@pytest.mark.race
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(bool(lacking()), reason=f"not installed: {', '.join(lacking())}")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_phones_call_by_it_and_nothing_of_it_is_left(
    demo: "subprocess.Popen[bytes]", how: signal.Signals
) -> None:
    until(Registration.objects.filter(gateway__name="nairobi-01", source=NAME).exists)
    up = RunningCall.objects.filter(source=NAME, answered_at__isnull=False)
    until(up.exists)
    assert up.earliest("pk").routing_gateway == "carrier-sipp"
    started = below(demo.pid)
    # The worker, Kamailio with its processes, the carrier, who registers and who calls.
    assert len(started) > 10
    demo.send_signal(how)
    demo.wait(timeout=LONGEST)
    until(lambda: not any(map(lives, started)))


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "lacking", lambda: ["kamailio", "sip-tester"])
    with ExitStack() as beside:
        said = command.Command()._switch(beside, "127.0.0.1:8000")
    assert said == "none: this machine has not kamailio, sip-tester"

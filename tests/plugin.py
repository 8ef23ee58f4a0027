"""Loaded before Django's settings: chooses the database, and decides what may be left out.

TEST_DATABASE=sqlite (default) or postgres. In the PostgreSQL run a throwaway server is started;
where none can be, everything skips and says why. With CI set nothing may skip.
"""

import atexit
import os
import shutil
from collections.abc import Generator
from typing import Any

import pytest

from tests.support import databases

KIND = os.environ.get("TEST_DATABASE", "sqlite")
IN_CI = bool(os.environ.get("CI"))
_no_server = ""

if KIND not in ("sqlite", "postgres"):
    raise pytest.UsageError("TEST_DATABASE is sqlite or postgres.")

if "PYTEST_XDIST_WORKER" not in os.environ:
    # Tests never touch a database somebody works with.
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("TEST_FOLDER", None)
    for _name in ("SECRET_KEY", "DEBUG", "REQUIRE_SECOND_FACTOR", "REDIS_URL"):
        os.environ.pop(_name, None)
    if KIND == "postgres":
        try:
            os.environ["DATABASE_URL"], _stop = databases.start()
            atexit.register(_stop)
        except databases.NoServer as error:
            _no_server = str(error)
            os.environ["TEST_WITHOUT_SERVER"] = _no_server
else:
    _no_server = os.environ.get("TEST_WITHOUT_SERVER", "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each run takes what its database is for; the other run takes the rest."""
    other = "sqlite" if KIND == "postgres" else "postgres"
    left = [item for item in items if item.get_closest_marker(other)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.get_closest_marker(other)]
    if _no_server:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"PostgreSQL: {_no_server}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """A skip in CI is a failure: there everything needed is installed."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not permit: {report.longrepr}"
    return report


def pytest_unconfigure() -> None:
    """Remove the files of the SQLite run."""
    folder = os.environ.get("TEST_FOLDER")
    if folder and "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(folder, ignore_errors=True)

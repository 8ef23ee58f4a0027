"""Loaded before Django's settings: chooses the database, and decides what may be left out.

TEST_DATABASE=sqlite (default) or postgres. In the PostgreSQL run a throwaway server is started;
where none can be, everything skips and says why. With CI set nothing may skip.
"""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Generator
from typing import Any

import pytest

from tests.support import configuration, databases, depth, examples
from tests.support.shares import Shares

KIND = os.environ.get("TEST_DATABASE", "sqlite")
IN_CI = bool(os.environ.get("CI"))
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ

# Markers of what a run for a quick answer leaves out (docs/contributing.md).
SLOWER = ("walk", "race", "browser", "axe", "slow", "wide")

if KIND not in ("sqlite", "postgres"):
    raise pytest.UsageError("TEST_DATABASE is sqlite or postgres.")


def _prepare() -> None:
    """Set the environment that Django's settings read, here and in the workers started from here.

    Nothing of the portal that somebody runs from this folder reaches the tests: neither its
    environment nor its `.env`, least of all its database.
    """
    for name in (*configuration.names(), "TEST_WITHOUT_SERVER"):
        os.environ.pop(name, None)
    os.environ["ENV_FILE"] = os.devnull
    # For SQLite's file, which the settings name as well where there is no PostgreSQL to start.
    folder = tempfile.mkdtemp(prefix="portal-test-")
    os.environ["TEST_FOLDER"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if KIND == "sqlite":
        return
    try:
        os.environ["DATABASE_URL"], stop = databases.start()
    except databases.NoServer as error:
        os.environ["TEST_WITHOUT_SERVER"] = str(error)
    else:
        atexit.register(stop)


if not IS_WORKER:
    _prepare()

# What was answered with success in the processes of this run, and what nowhere was.
_answered: set[Any] = set()
_NEVER = pytest.StashKey[list[str]]()

# What imports and collection make stays to the end; looking through it for garbage again and again
# took a tenth of the run.
gc.disable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--depth",
        choices=depth.DEPTHS,
        default="usual",
        help="night: every walk on this database, every look of every screen, many more examples",
    )


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before any module of tests reads it; processes of a run inherit it."""
    if not IS_WORKER:
        depth.choose(early_config.known_args_namespace.depth)
    examples.choose_profile()


def pytest_configure(config: pytest.Config) -> None:
    if not IS_WORKER:
        config.pluginmanager.register(Shares(), "shares")


def pytest_collection_finish() -> None:
    """From here on there is garbage."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def pytest_testnodedown(node: Any) -> None:
    """A process of the run has ended: what it heard answered is part of the whole."""
    _answered.update(map(tuple, getattr(node, "workeroutput", {}).get("answered", ())))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A whole run has asked for every address with success, by every method that it takes."""
    if not (IS_WORKER or _is_whole(session)):
        return
    # Django's settings are not read before this module, and by a run of nothing never.
    from tests.support import answered_addresses

    if IS_WORKER:
        session.config.workeroutput["answered"] = sorted(answered_addresses.seen)  # type: ignore[attr-defined]
        return
    never = answered_addresses.never_answered(_answered | answered_addresses.seen)
    if never:
        session.config.stash[_NEVER] = never
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    never = config.stash.get(_NEVER, [])
    if never:
        terminalreporter.section("addresses that no test was answered by", red=True, bold=True)
        terminalreporter.write_line("No test got a page or a deed done (below 400) at:")
        for one in never:
            terminalreporter.write_line(f"  {one}")


def _is_whole(session: pytest.Session) -> bool:
    """Whether every test was run, and had its say: on SQLite, where all addresses are walked."""
    option = session.config.option
    narrowing = ("deselect", "ignore", "ignore_glob", "lf", "stepwise", "collectonly")
    is_narrowed = any(getattr(option, name, None) for name in narrowing)
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    is_left_out = reporter is None or reporter.stats.get("skipped")
    return (
        KIND == "sqlite"
        and Shares.is_whole(session)
        and session.exitstatus == pytest.ExitCode.OK
        and not (is_narrowed or is_left_out)
    )


def pytest_report_header() -> str:
    """Say which database this run is about, and how the other one is asked for."""
    other = "postgres" if KIND == "sqlite" else "sqlite"
    missing = os.environ.get("TEST_WITHOUT_SERVER")
    why = f"; nothing of it can run: {missing}" if missing else ""
    how = f"depth: {os.environ['TEST_DEPTH']}, samples of {os.environ['TEST_OFFSET']}"
    return f"database: {KIND} (TEST_DATABASE={other} for the other){why}; {how}"


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test that says nothing of what it takes is fast."""
    if not any(item.get_closest_marker(one) for one in SLOWER):
        item.add_marker("fast")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each run takes what its database is for; the other run takes the rest."""
    left = [item for item in items if not _belongs_here(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _belongs_here(item)]
    _begin_slow_ones(items)
    reason = os.environ.get("TEST_WITHOUT_SERVER")
    if reason:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"PostgreSQL: {reason}"))


def _begin_slow_ones(items: list[pytest.Item]) -> None:
    """Move what takes long to the first of its kind (tests that commit, that do not, that come near
    no database): at the end of a run one process would be left with it, and the others with
    nothing.
    """
    for slow in [item for item in items if item.get_closest_marker("slow")]:
        kind = _commits(slow)
        items.remove(slow)
        at = next((at for at, item in enumerate(items) if _commits(item) == kind), len(items))
        items.insert(at, slow)


def _commits(item: pytest.Item) -> bool | None:
    """None: it comes near no database of the tests."""
    marker = item.get_closest_marker("django_db")
    return None if marker is None else bool(marker.kwargs.get("transaction"))


# Of the files of tests one of so many, each day others: on PostgreSQL, of tests that undo
# themselves; of what takes long, of walks and of what drives a browser; on PostgreSQL, of races.
TURNS, LONG_TURNS, RACE_TURNS = 12, 6, 3
# What takes turns on SQLite.
LONG = ("walk", "race", "browser", "axe", "slow")


def _belongs_here(item: pytest.Item) -> bool:
    """What never comes near a database, and what a browser does beyond the smoke path, is the same
    with every database and runs once, with SQLite. What commits or is about PostgreSQL runs on it
    every time; of the rest the files take turns, on the one database others than on the other.
    Smoke tests and files that are chosen by name always run.
    """
    markers = {one.name for one in item.iter_markers()}
    other = {"sqlite": "postgres", "postgres": "sqlite"}[KIND]
    if other in markers or (KIND == "postgres" and not _is_for_postgres(item, markers)):
        return False
    chosen = item.config.option
    if chosen.file_or_dir or chosen.keyword or "smoke" in markers:
        return True
    if KIND == "sqlite":
        return not markers.intersection(LONG) or _is_its_day(item, LONG_TURNS, 0)
    if "race" in markers:
        return _is_its_day(item, RACE_TURNS, 1)
    if markers & {"walk", "slow"}:
        return "postgres" in markers or _is_its_day(item, LONG_TURNS, 1)
    return "postgres" in markers or bool(_commits(item)) or _is_its_day(item, TURNS, 0)


def _is_for_postgres(item: pytest.Item, markers: set[str]) -> bool:
    """Whether it is another test there than it is with SQLite."""
    if "browser" in markers:
        return "smoke" in markers
    # Without one of these pytest-django lets nobody at the database.
    near = "django_db_setup" in getattr(item, "fixturenames", ())
    return near or bool(markers & {"django_db", "postgres", "race", "walk"})


def _is_its_day(item: pytest.Item, turns: int, turn: int) -> bool:
    return depth.in_turn(item.nodeid.partition("::")[0], turns, turn)


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

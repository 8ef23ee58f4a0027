"""`manage.py benchmark`: every figure beside another one, away from the real data."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import StaffFactory, UserFactory, reseller_tree
from vosportal.benchmarks import pages
from vosportal.benchmarks.measure import Line, medians, table

ROOT = Path(__file__).resolve().parents[2]


def run(database: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "DJANGO_SETTINGS_MODULE": "vosportal.settings",
    }
    answer = subprocess.run(
        [sys.executable, "manage.py", "benchmark", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    # Nothing was written to the configured database, and nothing stays beside it.
    assert not database.exists() or database.stat().st_size == 0
    assert [one.name for one in database.parent.iterdir() if "benchmark" in one.name] == []
    return answer.stdout


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_small_run_over_the_tree_prints_every_figure(tmp_path: Path) -> None:
    sizes = ["--accounts", "600", "--rounds", "3", "--seconds", "1"]
    printed = run(tmp_path / "real.sqlite3", "tree", *sizes)
    for figure in (
        "load of 611 accounts", "new leaf in a small tree", "bare INSERT", "All, first page",
        "All, middle page", "branch of the agent", "all top-level agents", "search in",
        "aim (300 ms)", "8 writers in trees of their own", "8 writers in the tree of",
    ):  # fmt: skip
        assert figure in printed
    # With the leaves that were added meanwhile.
    assert re.search(r"command bar, 6\d\d accounts", printed)


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_small_run_over_the_ledger_prints_every_figure(tmp_path: Path) -> None:
    sizes = ["--lines", "500", "--entries", "2000", "--rounds", "2", "--seconds", "0.2"]
    printed = run(tmp_path / "real.sqlite3", "ledger", *sizes)
    for figure in (
        "post(), spread", "post(), hot", "payment service, spread", "payment service, hot",
        "batch of 500 lines", "entries, platform", "an agent and all below",
        "an agent with one in a hundred", "one account",
    ):  # fmt: skip
        assert figure in printed


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_small_run_over_numbers_prints_every_figure(tmp_path: Path) -> None:
    printed = run(tmp_path / "real.sqlite3", "numbers", "--rounds", "2")
    for figure in (
        "verdicts over 6 levels of 500 rules", "plain dict look-up", "1/20 of the look-up",
        "rules read in one query", "page with 10,000 numbers",
    ):  # fmt: skip
        assert figure in printed


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_small_run_over_reports_prints_every_figure(tmp_path: Path) -> None:
    sizes = ["--records", "300", "--accounts", "60", "--rounds", "1"]
    printed = run(tmp_path / "real.sqlite3", "reports", *sizes)
    for figure in (
        "platform, income by day", "platform, by account", "platform, by destination",
        "platform, gateways", "platform, hours", "agent, income by day", "agent, by account",
        "agent, income by account", "agent, quarters of another zone",
        "middle page of 200 calls, platform", "last page of 200 calls, platform",
        "calls, top-level agent",
    ):  # fmt: skip
        assert figure in printed


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_small_run_over_rates_prints_every_figure(tmp_path: Path) -> None:
    sizes = ["--prefixes", "300", "--numbers", "2000", "--rates", "600", "--rounds", "2"]
    printed = run(tmp_path / "real.sqlite3", "rates", *sizes)
    for figure in (
        "numbers matched per second and core", "the deck made ready",
        "numbers of 2,000 that differ from the definition", "in the database, cold",
        "in the database, warm", "a dict of the deck", "a deck of 300 rows, from its file",
        "memory of the check at most", "a group, by prefix, 600 rates", "a number sought",
    ):  # fmt: skip
        assert figure in printed
    assert re.search(r"differ from the definition \([1-9][0-9,]* unrated\) +\| 0\.0 ", printed)


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_small_run_over_calls_prints_every_figure(tmp_path: Path) -> None:
    sizes = ["--records", "600", "--accounts", "200", "--prefixes", "300"]
    printed = run(tmp_path / "real.sqlite3", "calls", *sizes)
    for name in ("600, 10 roots", "600, one root"):
        # Records a second, of processor time, both parts of it, COPY beside it, both aims.
        assert re.search(
            rf"\| {name} +\| [0-9,]+ +\| [0-9,]+ +\| [0-9.]+ s, 0\.0 s +\| [0-9,]+ +"
            r"\| (MISSED )?[0-9]+% ≥ 40% +"
            r"\| [0-9,]+ MB +\| (MISSED )?≤ 1,024 MB, [0-9,]+ MB half-way",
            printed,
        )


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.django_db
def test_a_small_run_over_the_pages_prints_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def small_demo(_say: object) -> int:
        tree = reseller_tree()
        StaffFactory(username="admin", administrator=True)
        UserFactory(account=tree.top, username="bd-wholesale")
        UserFactory(account=tree.customer, username="customer-001")
        return 10

    monkeypatch.setattr(pages, "load", small_demo)
    said: list[str] = []
    lines = pages.run(200, rounds=1, say=said.append)
    assert said[-1] == "Opening pages with 351 accounts …"
    printed = "\n".join(lines)
    demo, rule, larger = printed.partition("-- with 351 accounts")
    assert rule
    assert "-- with the demo" in demo
    for part in (demo, larger):
        for page in (
            "the bare shell", "dashboard, administrator", "dashboard, agent", "dashboard, customer",
            "accounts, All", "payments", "phones", "gateways", "audit log",
            "sub-accounts, All, agent", "payments below, agent", "page of an account", "search",
        ):  # fmt: skip
            assert re.search(rf"\| {page} +\| +[0-9.]+ ms", part), page
    # The demo's pages have aims, each of which is met or said to be missed.
    assert re.search(r"dashboard, administrator .*(≤|MISSED) 25 ms, (≤|MISSED) 5 ms", demo)


def test_works_take_turns() -> None:
    calls: list[str] = []
    assert len(medians([lambda: calls.append("a"), lambda: calls.append("b")], 2)) == 2
    assert calls == ["a", "b"] * 5


def test_a_line_says_how_many_times_the_other_it_is() -> None:
    head, _rule, row = table([Line("this", 30.0, "that", 20.0)])
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "this", "30.0 ms", "that", "20.0 ms", "1.50",
    ]  # fmt: skip
    assert len(head) == len(row)

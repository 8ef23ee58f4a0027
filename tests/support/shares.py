"""Where a run's time goes, by marker, and that walks keep to their share of it.

A walk asks every address, or every object, so each new address makes it longer. What it may take is
a share of the same run, not a time.
"""

from collections import Counter
from typing import Any

import pytest

from tests.support.depth import is_night

# From the most special on: a test counts for the first of these it has.
KINDS = ("axe", "browser", "walk", "race", "slow", "wide", "fast")
# What walks may take of a whole run, in hundredths.
WALKS = 40


class Shares:
    """A plugin of the process that hears of all tests."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        kind = next((one for one in KINDS if one in report.keywords), "fast")
        self.seconds[kind] += report.duration

    @property
    def walks(self) -> float:
        """The hundredths that walks took."""
        return 100 * self.seconds["walk"] / (self.seconds.total() or 1)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.is_whole(session) and self.walks > WALKS and not is_night():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.seconds.total():
            return
        parts = (f"{kind} {self.seconds[kind]:.0f} s" for kind in KINDS if self.seconds[kind])
        terminalreporter.write_line(f"time of tests: {', '.join(parts)}")
        if self.is_whole(terminalreporter.config) and self.walks > WALKS and not is_night():
            terminalreporter.write_line(
                f"Walks took {self.walks:.0f} % of this run and may take {WALKS} %.", red=True
            )

    @staticmethod
    def is_whole(asked: Any) -> bool:
        """Whether nobody chose among the tests."""
        config = getattr(asked, "config", asked)
        chosen = config.option.markexpr or config.option.keyword or config.option.file_or_dir
        return not chosen

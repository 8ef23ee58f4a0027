"""One of many processes that keep house at once. Run by `tests.support.crowd`."""

from io import StringIO

from tests.support.tree_worker import run  # Sets Django up; everything else comes after it.

from django.core.management import call_command  # isort: skip


class HousekeepingWorker:
    """Runs the command again and again."""

    expected: set[str] = set()

    def __init__(self, seed: int, below: int | None) -> None:
        pass

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        call_command("housekeeping", stdout=StringIO(), stderr=StringIO())
        return "kept house"


if __name__ == "__main__":
    run(HousekeepingWorker)

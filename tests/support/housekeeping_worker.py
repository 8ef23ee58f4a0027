"""One of many processes that keep house at once. Run by `tests.support.crowd`."""

from io import StringIO

from django.core.management import call_command


class HousekeepingWorker:
    """Runs the command again and again."""

    expected: set[str] = set()

    def __init__(self, seed: int, below: int | None) -> None:
        pass

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        # What is due only now and then meets itself as well.
        call_command("housekeeping", all=True, stdout=StringIO(), stderr=StringIO())
        return "kept house"

"""Do what is due: for cron or a systemd timer, every minute."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import structlog
from django.core.management.base import CommandError

from accounts.kit.commands import PortalCommand
from accounts.upkeep.services.chores import claim, due
from vosportal.housekeeping import CHORES, STEPS

log = structlog.get_logger(__name__)


class Command(PortalCommand):
    help = (
        "Do what is due (seals of the audit log and more). Safe to run as often as you like and on "
        "several machines at once: what takes longer is done by one of them, and only now and "
        "then. One step that fails does not keep the others from running. Exit code 1 if one did."
    )

    # Every minute: a third of what a round costs would be to look through addresses and the admin.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="do what is not due yet as well")

    def handle(self, *args: Any, **options: Any) -> None:
        self._failed: list[str] = []
        for name, step in STEPS:
            self._do(name, step)
        every = {name: often for name, _step, often in CHORES}
        waiting = list(every) if options["all"] else self._due(every)
        for name, step, often in CHORES:
            # Somebody else may have begun it since.
            if name in waiting and (options["all"] or claim(name, often)):
                self._do(name, step)
        if self._failed:
            raise CommandError(f"Failed: {', '.join(self._failed)}")

    def _due(self, every: dict[str, Any]) -> list[str]:
        found: list[str] = []

        def look() -> str:
            found.extend(due(every))
            return f"{len(found)} due"

        self._do("chores", look)
        return found

    def _do(self, name: str, step: Callable[[], str]) -> None:
        try:
            self.stdout.write(f"{name}: {step()}")
        except Exception as error:  # Whatever it is, the other steps are due all the same.
            log.exception("housekeeping step failed", step=name)
            self.stderr.write(f"{name}: {error}")
            self._failed.append(name)

"""Do what is due: for cron or a systemd timer, every few minutes."""

from typing import Any

import structlog
from django.core.management.base import CommandError

from accounts.kit.commands import PortalCommand
from vosportal.housekeeping import STEPS

log = structlog.get_logger(__name__)


class Command(PortalCommand):
    help = (
        "Do what is due (seals of the audit log and more). Safe to run as often as you like and on "
        "several machines at once. One step that fails does not keep the others from running."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        for name, step in STEPS:
            try:
                self.stdout.write(f"{name}: {step()}")
            except Exception as error:  # Whatever it is, the other steps are due all the same.
                log.exception("housekeeping step failed", step=name)
                self.stderr.write(f"{name}: {error}")
                failed.append(name)
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}")

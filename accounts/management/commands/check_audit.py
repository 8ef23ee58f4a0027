"""Verify the audit log: its seals fit, and the database guards it."""

from typing import Any

from django.core.management.base import CommandError

from accounts.audit.services import log_found
from accounts.kit.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Verify that no sealed entry of the audit log was altered, taken out or slipped in, and "
        "that the database guards and the web role's privileges stand. Exit code 1 if something "
        "is wrong. Keep the printed digest elsewhere: it vouches for everything before it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = log_found()
        for line in found.lines:
            self.stdout.write(line)
        if not found.is_sound:
            raise CommandError("The audit log is not sound.")
        self.stdout.write("The audit log is sound.")

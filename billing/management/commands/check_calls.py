"""Verify calls: every leg charged as a whole, charges and ledger and totals the same."""

from typing import Any

from django.core.management.base import CommandError

from accounts.kit.commands import PortalCommand
from billing.charging.queries.integrity import calls_found


class Command(PortalCommand):
    help = (
        "Verify that every leg is charged at every level once, free by rule or in the queue, that "
        "charges are what the ledger moved, and that totals are what charges add up to. Exit code "
        "1 if something is wrong. Nothing is ever repaired."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = calls_found()
        for line in found.lines:
            self.stdout.write(line)
        if not found.is_sound:
            raise CommandError("Calls are not sound.")
        self.stdout.write("Calls are sound.")

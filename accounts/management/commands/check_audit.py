"""Verify the audit log: its seals fit, and the database guards it."""

from typing import Any

from django.core.management.base import CommandError

from accounts.audit.services import verify
from accounts.core import guards
from accounts.kit.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Verify that no sealed entry of the audit log was altered, taken out or slipped in, and "
        "that the database guards stand. Exit code 1 if something is wrong. Keep the printed "
        "digest elsewhere: it vouches for everything before it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify()
        self.stdout.write(f"{found.sealed} entries in {found.seals} seals.")
        if found.last_digest:
            self.stdout.write(f"Digest of the last seal: {found.last_digest}")
        if found.unsealed:
            self.stdout.write(
                f"{found.unsealed} entries from number {found.first_unsealed} on are not sealed "
                "yet; housekeeping seals what is older than a minute."
            )
        problems = list(found.problems)
        problems += [f"the database guard {name} is missing" for name in guards.missing()]
        for problem in problems:
            self.stdout.write(problem)
        if problems:
            raise CommandError("The audit log is not sound.")
        self.stdout.write("The audit log is sound.")

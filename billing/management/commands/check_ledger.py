"""Verify the ledger: every balance follows from its entries, and nothing was altered."""

from typing import Any

from django.core.management.base import CommandError

from accounts.kit.commands import PortalCommand
from billing.ledger.queries.integrity import ledger_found


class Command(PortalCommand):
    help = (
        "Verify that every transaction sums to zero, every balance follows from its entries, "
        "cards agree with their transactions, and the database guards and the web role's "
        "privileges stand. Exit code 1 if something is wrong. Nothing is ever repaired: a wrong "
        "payment is reversed, and a tampered ledger is compared with its backup."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = ledger_found()
        for line in found.lines:
            self.stdout.write(line)
        if not found.is_sound:
            raise CommandError("The ledger is not sound.")
        self.stdout.write("The ledger is sound.")

"""Verify the ledger: every balance follows from its entries, and nothing was altered."""

from typing import Any

from django.core.management.base import CommandError

from accounts.core import guards
from accounts.kit.commands import PortalCommand
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.money import from_micros, shown


class Command(PortalCommand):
    help = (
        "Verify that every transaction sums to zero, every balance follows from its entries, "
        "cards agree with their transactions, and the database guards stand. Exit code 1 if "
        "something is wrong. Nothing is ever repaired: a wrong payment is reversed, and a tampered "
        "ledger is compared with its backup."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        problems = ledger_problems()
        for one in problems:
            more = " …" if one.rows > len(one.keys) else ""
            self.stdout.write(f"{one.rows} × {one.rule}: {', '.join(one.keys)}{more}")
        total = trial_balance()
        self.stdout.write(f"Trial balance: {shown(from_micros(total))}")
        gone = guards.missing()
        for name in gone:
            self.stdout.write(f"the database guard {name} is missing")
        if problems or total or gone:
            raise CommandError("The ledger is not sound.")
        self.stdout.write("The ledger is sound.")

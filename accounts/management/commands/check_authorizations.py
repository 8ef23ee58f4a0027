"""Verify the authorizations; with --fix, take away what breaks a rule."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import Busy
from accounts.integrity_grants import grant_problems
from accounts.services.grant_repair import authorizations_repair


class Command(BaseCommand):
    help = (
        "Check that no account holds more than its agent, and that groups and memberships follow "
        "from the grants; --fix takes away what is too much."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="repair, with audit entries")

    def handle(self, *args: Any, **options: Any) -> None:
        problems = grant_problems()
        for one in problems:
            some = ", ".join(one.names) + (" …" if one.rows > len(one.names) else "")
            self.stdout.write(f"{one.rows} × {one.rule}: {some}")
        if not problems:
            self.stdout.write("The authorizations are sound.")
            return
        if not options["fix"]:
            raise CommandError("The authorizations are not sound. --fix repairs them.")
        try:
            self.stdout.write(f"Repaired: {authorizations_repair()} rows.")
        except Busy as error:
            raise CommandError(str(error)) from error
        if grant_problems():
            raise CommandError("Some problems remain.")

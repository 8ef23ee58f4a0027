"""Verify the authorizations, and that clearing accounts stand at the top level; with --fix, take
away what breaks a rule.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.authorizations.queries.integrity import GrantProblem, grant_problems, type_problems
from accounts.authorizations.services.repair import authorizations_repair
from accounts.kit.commands import PortalCommand
from accounts.kit.errors import Busy


class Command(PortalCommand):
    help = (
        "Check that no account holds more than its agent, and that groups and memberships follow "
        "from the grants; --fix takes away what is too much. Lists clearing accounts below agents "
        "as well: where they belong is an administrator's to decide. Exit code 1 for any finding."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="repair, with audit entries")

    def handle(self, *args: Any, **options: Any) -> None:
        self._grants(is_fixed=options["fix"])
        misplaced = type_problems()
        if misplaced:
            self._tell(misplaced)
            raise CommandError(
                "Clearing accounts stand at the top level: move these there, or give them another "
                "type. --fix leaves them as they are."
            )

    def _grants(self, *, is_fixed: bool) -> None:
        problems = grant_problems()
        self._tell(problems)
        if not problems:
            self.stdout.write("The authorizations are sound.")
            return
        if not is_fixed:
            self._tell(type_problems())
            raise CommandError("The authorizations are not sound. --fix repairs them.")
        try:
            self.stdout.write(f"Repaired: {authorizations_repair()} rows.")
        except Busy as error:
            raise CommandError(str(error)) from error
        if grant_problems():
            raise CommandError("Some problems remain.")

    def _tell(self, problems: list[GrantProblem]) -> None:
        for one in problems:
            self.stdout.write(str(one))

"""Verify the account trees; with --fix, number them anew from the parent links."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.core.locks import in_locked_forest
from accounts.kit.commands import PortalCommand
from accounts.kit.errors import Busy
from accounts.tree.queries.integrity import tree_problems
from accounts.tree.services.repair import renumber


class Command(PortalCommand):
    help = (
        "Verify that every tree of accounts is sound. Exit code 1 if one is damaged. --fix "
        "computes levels and boundaries anew from the Agent IDs, which are the truth."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="repair what can be computed anew")

    def handle(self, *args: Any, **options: Any) -> None:
        problems = tree_problems()
        if not problems:
            self.stdout.write("All trees are sound.")
            return
        for problem in problems:
            self.stdout.write(str(problem))
        if not options["fix"]:
            raise CommandError("The trees are damaged. Run check_tree --fix to repair them.")
        try:
            changed, lost = in_locked_forest(renumber)
        except Busy as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{changed} accounts were numbered anew.")
        if lost:
            raise CommandError(
                "These accounts are their own agents, in a circle; give one of them another Agent "
                f"ID in the database: {', '.join(lost)}"
            )
        left = tree_problems()
        if left:
            raise CommandError("Still damaged: " + "; ".join(map(str, left)))
        self.stdout.write("All trees are sound.")

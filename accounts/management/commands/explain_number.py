"""Say whether a number passes, and why, level by level (docs/domain.md 5)."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.html import strip_tags

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.commands import PortalCommand
from accounts.numbers.verdict import Purpose
from accounts.numbers.words import explained


class Command(PortalCommand):
    help = (
        "Say whether ACCOUNT may call NUMBER: “allowed” or “refused”, then one line per level from "
        "the platform down. Exit code 1 if it is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", help="account id")
        parser.add_argument("number", help="as it is dialled; 00, +, spaces and dashes are dropped")
        parser.add_argument(
            "--purpose",
            choices=Purpose.values,
            default=Purpose.DESTINATION.value,
            help="what may be called, or what may be assigned",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.within(SYSTEM.scope).called(options["account"]).first()
        if account is None:
            raise CommandError("There is no such account.", returncode=2)
        found = explained(SYSTEM, account.pk, options["number"], Purpose(options["purpose"]))
        self.stdout.write("allowed" if found.is_allowed else "refused")
        for rung in found.rungs:
            self.stdout.write(f"{rung.name}: {strip_tags(rung.words)}")
        if found.verdict.problem:
            self.stdout.write(found.verdict.problem)
        if not found.is_allowed:
            sys.exit(1)

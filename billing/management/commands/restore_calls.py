"""Bring an archived month of calls back."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.kit.commands import PortalCommand
from accounts.kit.errors import Refused
from billing.charging.services.archiving import KEPT
from billing.charging.services.restoring import month_named, month_restored


class Command(PortalCommand):
    help = (
        "Bring the calls of an archived month back, with their charges, after its files were found "
        "to be what was written. It is archived again by itself, to files of its own, when it is "
        f"still older than CALL_MONTHS {KEPT.days} days later."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="2024-11, or the folder its files lie in today")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month, folder = month_named(options["month"])
            one = month_restored(month, folder)
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        self.stdout.write(f"{month}: {one.legs} legs and {one.charges} charges are back.")

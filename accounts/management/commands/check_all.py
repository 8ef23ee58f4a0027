"""Check everything that is stored: for cron or a systemd timer, once a day."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError

from accounts.kit.commands import PortalCommand
from accounts.upkeep.services.checks import Ran, run_checks
from accounts.upkeep.services.chores import claim, due

_CHORE = "checks"
_EVERY = timedelta(hours=23)


class Command(PortalCommand):
    help = (
        "Run every check of the stored data, whatever the others find, say all of it, and keep the "
        "results for the administrators' dashboard. Nothing is repaired. Exit code 1 if one check "
        "failed, or could not be kept. Keep the printed digest of the audit log elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-due",
            action="store_true",
            help="only where this option did not begin it within the last 23 hours, anywhere",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_due"] and not (due({_CHORE: _EVERY}) and claim(_CHORE, _EVERY)):
            self.stdout.write("Not due yet.")
            return
        ran = []
        for one in run_checks():
            self._say(one)
            ran.append(one)
        failed = [one.name for one in ran if not one.findings.is_sound]
        lost = [one.name for one in ran if not one.is_kept]
        if failed or lost:
            words = [f"Failed: {', '.join(failed)}."] if failed else []
            words += [f"Results that could not be kept: {', '.join(lost)}."] if lost else []
            raise CommandError(" ".join(words))
        self.stdout.write(f"All is well: {len(ran)} checks.")

    def _say(self, one: Ran) -> None:
        state = "all is well" if one.findings.is_sound else "FAILED"
        self.stdout.write(f"{one.name}: {state} ({one.seconds:.1f} s)")
        for line in one.findings.lines:
            self.stdout.write(f"  {line}")

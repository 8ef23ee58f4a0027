"""Settle the transfers of former days: first shown, then paid back (docs/domain.md 6)."""

from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from accounts.core.actor import SYSTEM
from accounts.kit.commands import PortalCommand
from accounts.kit.errors import DomainError
from accounts.kit.text import name_key
from billing.ledger.queries.settlements import Settlement, settlements_due
from billing.ledger.services.settling import settlement_post
from billing.money import shown


class Command(PortalCommand):
    help = (
        "Agents paid their sub-accounts out of their own balance once. Show, for each agent, what "
        "its direct sub-accounts still hold of it; with --apply, pay that back to the agent from "
        "the house (adjustment), once. Exit code 1 if something could not be settled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="post it; else it is only shown")
        parser.add_argument("--reason", default="", help="stands in the memo and the audit log")
        parser.add_argument(
            "--agent", action="append", default=[], metavar="ACCOUNT_ID", help="only this agent"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["apply"] and not options["reason"].strip():
            raise CommandError("Give a reason: --apply --reason “…”")
        due = _asked(settlements_due(SYSTEM), options["agent"])
        if not due:
            self.stdout.write("There is nothing to settle.")
            return
        failed = 0
        for one in due:
            self._show(one)
            if options["apply"]:
                failed += not self._settled(one, options["reason"])
        total = shown(sum((one.amount for one in due), Decimal(0)))
        if failed:
            raise CommandError(f"{failed} of {len(due)} agents could not be settled.")
        if options["apply"]:
            self.stdout.write(f"{len(due)} agents settled, {total} {settings.CURRENCY}.")
        else:
            self.stdout.write(
                f"{len(due)} agents, {total} {settings.CURRENCY}. Nothing was posted: "
                "--apply --reason “…” does."
            )

    def _show(self, one: Settlement) -> None:
        self.stdout.write(f"{one.agent.account_id}: {shown(one.amount)}")
        for line in one.holdings:
            self.stdout.write(
                f"  {line.account.account_id}: transferred {shown(line.given)}, "
                f"taken back {shown(line.taken_back)}, balance {shown(line.balance)}, "
                f"holds {shown(line.held)}"
            )

    def _settled(self, one: Settlement, reason: str) -> bool:
        try:
            made = settlement_post(
                actor=SYSTEM, agent=one.agent, reason=reason, expected=one.amount
            )
        except DomainError as error:
            self.stderr.write(f"  not settled: {error.message}")
            return False
        self.stdout.write(f"  settled by payment {made.pk}")
        return True


def _asked(due: list[Settlement], account_ids: list[str]) -> list[Settlement]:
    """Those of the agents named, in any case; all where none is named."""
    if not account_ids:
        return due
    by_id = {one.agent.account_id.lower(): one for one in due}
    unknown = [name for name in account_ids if name_key(name) not in by_id]
    if unknown:
        raise CommandError(f"Nothing to settle for {', '.join(unknown)}.")
    return [by_id[name_key(name)] for name in dict.fromkeys(account_ids)]

"""Say whether a number passes, and why, level by level (docs/domain.md 5)."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.html import strip_tags

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.commands import PortalCommand
from accounts.numbers.queries import NumberChain, number_chain
from accounts.numbers.tables.ways import (
    PLAIN,
    Outcome,
    chosen_way,
    other_outcomes,
    outcome,
    ways_of,
)
from accounts.numbers.verdict import Purpose
from accounts.numbers.words import explain
from accounts.portal.ways import CallWay


class Command(PortalCommand):
    help = (
        "Say whether ACCOUNT may call NUMBER: “allowed” or “refused”, then one line per level from "
        "the platform down. Where gateways of the account rewrite the number, the verdict for each "
        "way it may come in by follows. Exit code 1 if it is refused by one of them."
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
        parser.add_argument(
            "--gateway",
            default="",
            help="the gateway it is dialled through; “-” for a phone. Without it: every way",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.within(SYSTEM.scope).called(options["account"]).first()
        if account is None:
            raise CommandError("There is no such account.", returncode=2)
        purpose, number, via = Purpose(options["purpose"]), options["number"], options["gateway"]
        ways = ways_of(SYSTEM, account, purpose)
        way = chosen_way(ways, via, [number])
        if via not in ("", PLAIN) and (way is None or way.name.lower() != via.lower()):
            raise CommandError("No gateway of this name rewrites numbers here.", returncode=2)
        chain = number_chain(account.pk, purpose)
        found = [outcome(chain, way, number)]
        self._explain(chain, found[0], way)
        if not via:
            found += other_outcomes(chain, ways, way, number)
        for one in found[1:]:
            self.stdout.write(f"{_way(one.way)}: {_verdict(one)}")
        if any(one.is_taken and not one.verdict.is_allowed for one in found):
            sys.exit(1)

    def _explain(self, chain: NumberChain, found: Outcome, way: CallWay | None) -> None:
        explained = explain(SYSTEM, chain, found.verdict)
        self.stdout.write("allowed" if explained.is_allowed else "refused")
        if found.is_rewritten:
            self.stdout.write(f"{_way(way)}: {found.typed} becomes {found.judged}")
        for rung in explained.rungs:
            self.stdout.write(f"{rung.name}: {strip_tags(rung.words)}")
        if found.verdict.problem:
            self.stdout.write(found.verdict.problem)


def _way(way: CallWay | None) -> str:
    return f"Through {way.name}" if way else "Through a phone"


def _verdict(found: Outcome) -> str:
    if not found.is_taken:
        return "not taken, it begins with no dial prefix"
    verdict = "allowed" if found.verdict.is_allowed else "refused"
    return f"{verdict} as {found.judged}" if found.is_rewritten else verdict

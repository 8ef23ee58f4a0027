"""Enter a deck of rates, or see what it would do (docs/domain.md 7)."""

from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from accounts.core.actor import SYSTEM
from accounts.kit.commands import PortalCommand
from accounts.kit.errors import DomainError
from accounts.kit.legible import read_moment
from billing.rates.deck_entries import Answers
from billing.rates.deck_sorting import Spill
from billing.rates.models import DeckRow, RateImport
from billing.rates.periods import read_period
from billing.rates.queries import group_named, rows_of
from billing.rates.services.deck_checks import keep_found, look_at
from billing.rates.services.deck_entering import entered
from billing.rates.services.decks import deck_hand_in, in_locked_deck
from billing.wallets.models import RateGroup

_ORDERS = {"day-first": "dmy", "month-first": "mdy", "year-first": "ymd"}
Kind = DeckRow.Kind


def _silent(_done: int, _total: int) -> None:
    """Nobody looks at how far it is."""


class Command(PortalCommand):
    help = (
        "Read a deck (CSV or XLSX, as carriers send them), say what it would do to a rate group, "
        "and enter it. All of it or nothing: with rows that are refused, they are named by line "
        "and nothing is entered. Exit code 1 then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "group", metavar="GROUP", help="its key, the name of one of the platform, OWNER/NAME"
        )
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--effective", default="", metavar="MOMENT",
            help="from when rates count that say none, such as 2026-12-01T00:00:00+06:00",
        )  # fmt: skip
        parser.add_argument("--full", action="store_true", help="what is missing ends")
        parser.add_argument("--dry-run", action="store_true", help="only say what it would do")
        parser.add_argument("--peak", default="", help="peak hours: “mon-fri 08:00-20:00”")
        parser.add_argument("--dates", choices=list(_ORDERS), help="how its dates are written")
        parser.add_argument("--decimal", choices=["point", "comma"], help="its sign of decimals")

    def handle(self, *args: Any, **options: Any) -> None:
        group = group_named(options["group"])
        if group is None:
            raise CommandError(f"There is no rate group {options['group']}.")
        try:
            with transaction.atomic():
                deck = self._handed_in(group, options)
                self._say(deck)
                if not options["dry_run"] and not deck.counts.get(Kind.REFUSED):
                    self._enter(deck)
                # What was only looked at is not kept.
                if deck.state != RateImport.State.COMMITTED:
                    transaction.set_rollback(True)
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        if deck.counts.get(Kind.REFUSED):
            raise CommandError(
                f"{deck.counts[Kind.REFUSED]} rows are refused; nothing was entered."
            )

    def _handed_in(self, group: RateGroup, options: dict[str, Any]) -> RateImport:
        path = Path(options["file"])
        moment = read_moment(options["effective"]) if options["effective"] else None
        if options["effective"] and moment is None:
            raise CommandError("Write the moment as 2026-12-01T00:00:00+00:00.")
        answers = Answers(
            peak=read_period(options["peak"]),
            order=_ORDERS.get(options["dates"] or "", ""),
            decimal=options["decimal"] or "",
        )
        try:
            with path.open("rb") as file:
                deck = deck_hand_in(
                    actor=SYSTEM, group=group, file=file, file_name=path.name,
                    is_full=options["full"], effective_at=moment, answers=answers, has_job=False,
                )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        with closing(Spill()) as rows:
            found = look_at(deck, rows, _silent)
            _actor, deck = in_locked_deck(SYSTEM, deck)
            keep_found(deck, found, rows)
        return deck

    def _say(self, deck: RateImport) -> None:
        if deck.layout["problem"]:
            raise CommandError(deck.layout["problem"])
        asks = {"peak": "say its peak hours: --peak", "order": "say how its dates are: --dates"}
        if deck.layout["asks"]:
            raise CommandError("; ".join(asks[one] for one in deck.layout["asks"]))
        for line, text in deck.layout["remarks"]:
            self.stdout.write(f"left out, line {line}: {text}")
        for row in rows_of(deck).filter(kind=Kind.REFUSED).order_by("line", "pk").iterator():
            prefix = f" {row.prefix}" if row.prefix else ""
            self.stderr.write(f"refused, line {row.line}{prefix}: {row.problem}")
        said = ", ".join(f"{deck.counts[one]} {one.value}" for one in Kind)
        self.stdout.write(f"{deck.group.name}: {said}.")

    def _enter(self, deck: RateImport) -> None:
        changes = sum(deck.counts[one] for one in Kind if one != Kind.UNCHANGED)
        if not changes:
            self.stdout.write("No change: there is nothing to enter.")
            return
        done = entered(SYSTEM, deck, False, _silent)
        deck.state = done.state
        self.stdout.write("Entered.")

"""A switch, as far as the portal sees it: calls are asked about, answered and recorded, one after
the other. What it was at when it was killed it begins anew, as a switch does with what nobody
confirmed.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from billing.calls.services.intake import records_taken
from tests.factories.calls import cdr
from tests.support.switching import SWITCH, answered, asked
from vosportal.management.commands.switch_clock import Command


def carry(names: Sequence[str], begun_at: datetime, journal: Path) -> None:
    """Each of these calls that the journal does not know as done: spoken for a minute, or not
    answered (every fourth).
    """
    done = set(journal.read_text().split()) if journal.exists() else set()
    for at, name in enumerate(names):
        if name in done:
            continue
        seconds = 0 if at % 4 == 0 else 60
        if asked(name)["allowed"]:
            if seconds:
                answered(name)
            record = cdr(name, at=begun_at, seconds=seconds, phone="8801819000001")
            records_taken([(None, record)], source=SWITCH)
        with journal.open("a") as file:
            file.write(f"{name}\n")


def watch_for_ever() -> None:
    """Round after round of the clock, until it is killed."""
    clock = Command()
    while True:
        clock.handle(once=True)

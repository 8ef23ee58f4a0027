"""The charger: takes records out of the inbox and charges them, for as long as it runs."""

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections

from accounts.kit.commands import PortalCommand, whole_number
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import BESIDE_CALLS, MOST, Done, charge_all

# Seconds between two looks into an empty inbox, and after the database was away.
_PAUSE, _AWAY = 0.5, 5.0


class Command(PortalCommand):
    help = (
        "Charge the calls whose records lie in the inbox, and go on for ever: records that come in "
        "are charged within two seconds. May run any number of times; one batch at a time is "
        "written, and killed at any moment it has done all of a batch or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="charge what is there, and end")
        parser.add_argument(
            "--batch",
            type=whole_number(1, 1_000_000),
            help=f"records of one batch; else {BESIDE_CALLS} while calls are up, {MOST} without",
        )

    def handle(self, *args: Any, once: bool, batch: int | None, **options: Any) -> None:
        tariffs = Tariffs()
        if once:
            self._say(charge_all(tariffs, limit=batch))
            return
        ended = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        while not ended.is_set():
            pause = _PAUSE
            close_old_connections()
            try:
                done = charge_all(tariffs, limit=batch)
                if done.taken:
                    self._say(done)
            except (OperationalError, InterfaceError) as error:
                self.stderr.write(f"The database is away: {error}")
                pause = _AWAY
            ended.wait(pause)

    def _say(self, done: Done) -> None:
        self.stdout.write(
            f"accepted {done.accepted}, repeated {done.repeated}, queued {done.queued}"
        )

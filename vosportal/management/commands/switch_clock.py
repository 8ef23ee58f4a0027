"""The clock of running calls: grants them more seconds before what they hold is used up, and finds
those that nobody speaks of any more.
"""

import logging
import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from accounts.kit.commands import PortalCommand
from billing.holds.queries import heard
from billing.holds.services.callbacks import callbacks_expired
from billing.holds.services.holding import made_durable
from billing.holds.services.running import call_extended, due_to_extend, lost_found

_log = logging.getLogger(__name__)

# Seconds between two rounds, and after the database was away.
_PAUSE, _AWAY = 1.0, 5.0
# Calls of one round; the next one follows at once where there were as many.
_MOST = 1_000


def _extended(pk: int) -> bool:
    """One call that cannot be worked on keeps no other waiting: it ends with what it has."""
    try:
        return call_extended(pk)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        _log.exception("Running call %s cannot be extended.", pk)
        return False


class Command(PortalCommand):
    help = (
        "Extend running calls before the money they hold is used up, for ever: every level holds "
        "what is granted, and what cannot be held is not. Frees what unanswered calls hold that "
        "nobody speaks of any more, and puts answered ones whose record is missing into the queue. "
        "May run any number of times, and be killed at any moment."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            self._round()
            return
        ended = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        while not ended.is_set():
            pause = _PAUSE
            close_old_connections()
            try:
                if self._round():
                    continue
            except (OperationalError, InterfaceError) as error:
                self.stderr.write(f"The database is away: {error}")
                pause = _AWAY
            ended.wait(pause)

    def _round(self) -> bool:
        """Whether there is more to do at once."""
        now = timezone.now()
        due = due_to_extend(heard(now), now, _MOST)
        extended = sum(map(_extended, due))
        if extended:
            made_durable()
        lost = lost_found(now, _MOST)
        expired = callbacks_expired(now)
        if extended or lost or expired:
            self.stdout.write(
                f"extended {extended} of {len(due)}, lost {lost}, callbacks expired {expired}"
            )
        return bool(lost == _MOST or (len(due) == _MOST and extended))

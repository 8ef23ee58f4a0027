"""Sessions in the database, as Django keeps them. Its own store takes every failure to save one for
a session that somebody deleted meanwhile, which is answered with 400 and blames the person.
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from accounts.kit.outage import outage_of
from accounts.kit.prepared import Prepared


class SessionStore(DatabaseSessionStore):
    """The name is part of what sessions are signed with."""

    def load(self) -> dict[str, Any]:
        """What the session holds. One query, the same on every page; where nothing is found, what
        Django does then.
        """
        key = self.session_key
        for (data,) in _SESSION.rows((), key, timezone.now()) if key else ():
            held: dict[str, Any] = self.decode(data)
            return held
        return super().load()

    def save(self, must_create: bool = False) -> None:
        """Raises UpdateError where the session is gone, else what the database says."""
        try:
            super().save(must_create)
        except UpdateError as error:
            failure = error.__context__
            if failure is not None and outage_of(failure):
                raise failure from failure.__cause__
            raise


def _session(_shape: Any, key: str, now: datetime) -> "QuerySet[Session, Any]":
    rows = Session.objects.filter(session_key=key, expire_date__gt=now)
    return rows.values_list("session_data")


_SESSION = Prepared(_session)

"""Sessions in the database, as Django keeps them. Its own store takes every failure to save one for
a session that somebody deleted meanwhile, which is answered with 400 and blames the person.
"""

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from accounts.kit.outage import outage_of


class SessionStore(DatabaseSessionStore):
    """The name is part of what sessions are signed with."""

    def save(self, must_create: bool = False) -> None:
        """Raises UpdateError where the session is gone, else what the database says."""
        try:
            super().save(must_create)
        except UpdateError as error:
            failure = error.__context__
            if failure is not None and outage_of(failure):
                raise failure from failure.__cause__
            raise

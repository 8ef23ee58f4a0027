"""SQLite has one writer at a time; the others wait, and all of them as long as each other."""

import pytest
from django.db import OperationalError, connection, transaction

from tests.support.crowd import crowd
from tests.support.outages import written_by_another
from tests.support.queue_worker import QueueWorker
from vosportal.patience import at_most

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]


@pytest.mark.race
def test_none_of_many_writers_waits_until_it_is_told_that_it_is_busy() -> None:
    """With SQLite's own way of waiting some of them are, in these seconds."""
    with crowd(10, QueueWorker, seconds=6.0) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert done["wrote"] > 100


def test_who_waits_too_long_is_told() -> None:
    with (
        written_by_another("accounts_account"),
        at_most(0.05),
        pytest.raises(OperationalError, match="locked"),
    ):
        transaction.atomic().__enter__()
    assert _patience() == connection.settings_dict["OPTIONS"]["timeout"] * 1000


def test_what_fails_for_another_reason_is_not_tried_again() -> None:
    connection.ensure_connection()
    with transaction.atomic():
        pass
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            with pytest.raises(OperationalError, match="within a transaction"):
                transaction.atomic().__enter__()
        finally:
            cursor.execute("ROLLBACK")


def _patience() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return int(cursor.fetchone()[0])

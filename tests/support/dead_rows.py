"""PostgreSQL keeps rows that were rolled back, and what reads a whole table reads them all. Nobody
collects them here: a collector in the middle of a test leaves statistics of rows that are gone.
"""

import pytest
from django.db import connection

_LARGE = 64 * 8192  # bytes


@pytest.fixture(autouse=True, scope="module")
def no_dead_rows(request: pytest.FixtureRequest) -> None:
    """Each file of tests begins with tables as small as those of the first one, and with a planner
    that knows as little of them.
    """
    if connection.vendor == "postgresql":
        request.getfixturevalue("django_db_setup")
        with request.getfixturevalue("django_db_blocker").unblock():
            _collect()


def _collect() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > %s",
            [_LARGE],
        )
        large = [name for (name,) in cursor.fetchall()]
        if not large:
            return
        cursor.execute(f"VACUUM {', '.join(map(connection.ops.quote_name, large))}")
        # As if never looked at: an empty table is believed to stay empty, and is read as a whole.
        cursor.execute(
            "UPDATE pg_class SET relpages = 0, reltuples = -1"
            " WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)",
            [large],
        )

"""A database for one benchmark, beside the configured one and gone afterwards."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO

from django.db import connection


@contextmanager
def scratch_database() -> Iterator[str]:
    """Point the connection at a new, migrated database and drop that at the end.

    Yields its name. The configured database is not touched; a run that is killed leaves the scratch
    database behind, under the name that was printed.
    """
    configured = str(connection.settings_dict["NAME"])
    kept = connection.settings_dict["TEST"]["NAME"]
    # Never used before, so nothing that exists can be overwritten.
    name = f"{configured}-benchmark-{secrets.token_hex(4)}"
    connection.settings_dict["TEST"]["NAME"] = name
    connection.close()
    try:
        # Django makes the cache table once more and says that it is there.
        with redirect_stdout(StringIO()):
            connection.creation.create_test_db(verbosity=0, autoclobber=False)
        try:
            # Everything after this line writes; make sure of where.
            if connection.settings_dict["NAME"] != name:
                raise RuntimeError("The scratch database is not the one that is connected.")
            yield name
        finally:
            connection.creation.destroy_test_db(configured, verbosity=0)
    finally:
        connection.settings_dict["TEST"]["NAME"] = kept

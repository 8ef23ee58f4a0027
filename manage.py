#!/usr/bin/env python3
"""Commands of the portal; `manage.py help` lists them."""

import os
import sys


def main() -> None:
    """Run the command. What is wrong with the settings, or with what they name, is said in a
    sentence; `--traceback` shows where it was met.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vosportal.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError, connection

    try:
        settings.DEBUG  # noqa: B018 - reads all of them
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        _say(error, str(error))
    except DatabaseError as error:
        _say(error, _why_no_database(connection))
    except OSError as error:
        # A path that leads to what cannot be read or written.
        _say(error, f"{error.strerror}: {error.filename}" if error.filename else "")


def _why_no_database(connection: object) -> str:
    """Why the database cannot be reached; "" where it can, and something else was wrong."""
    from vosportal.reachable import why_no_database

    return why_no_database(connection)


def _say(error: Exception, sentence: str) -> None:
    if not sentence or "--traceback" in sys.argv:
        raise error
    sys.exit(sentence.encode(errors="replace").decode())


if __name__ == "__main__":
    main()

"""Primary keys that nothing else on a page looks like: each table counts on from a number of its
own, far above what is there.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, models

# Every planted number begins so; it is no moment, no telephone number and no amount.
_BEGINS = 19135
_FIRST = _BEGINS * 100_000
_STEP = 1000
APPS = ("accounts", "billing", "auth", "mfa", "usersessions")
# How a page may group digits.
_PLANTED = re.compile(r"1[ ,.\u00a0\u202f]?913[ ,.\u00a0\u202f]?5\d\d[ ,.\u00a0\u202f]?\d{3}")


def counting() -> list[type[models.Model]]:
    """The models whose rows are numbered one after the other."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in APPS
        and isinstance(model._meta.pk, models.AutoField | models.BigAutoField)
        and model._meta.label != "auth.Permission"
    ]


@contextmanager
def planted() -> Iterator[None]:
    """Inside, and in the transaction that is open, new rows have such numbers."""
    tables = [model._meta.db_table for model in counting()]
    with connection.cursor() as cursor:
        former = []
        for at, table in enumerate(tables):
            first = _FIRST + at * _STEP
            if connection.vendor == "sqlite":
                # Undone with the transaction.
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table, first])
                continue
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            sequence = cursor.fetchone()[0]
            cursor.execute(f"SELECT last_value, is_called FROM {sequence}")
            former.append((sequence, *cursor.fetchone()))
            cursor.execute("SELECT setval(%s, %s)", [sequence, first])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for one in former:
                cursor.execute("SELECT setval(%s, %s, %s)", one)


def numbers() -> set[int]:
    """The planted numbers that rows have by now."""
    return {
        pk
        for model in counting()
        for pk in model._base_manager.filter(pk__gte=_FIRST).values_list("pk", flat=True)
    }


def found_in(text: str) -> list[str]:
    """What looks like a planted number, with what stands around it."""
    return [text[max(0, one.start() - 60) : one.end() + 20] for one in _PLANTED.finditer(text)]

"""Requests of tests that walk every address: each is undone, and one that was refused has left
nothing to undo.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

_MAY_WRITE = re.compile(r"\s*(?:WITH|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
_WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
# What every request may write: the session, and the attempts that are counted.
_EVERYDAY = {"django_session", "usersessions_usersession", "portal_cache"}


@contextmanager
def kept_for_a_module(blocker: Any) -> Iterator[None]:
    """What is made inside stays while a module's fixture stands (`blocker` is its
    `django_db_blocker`), and is gone after it.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[Callable[[int], None]]:
    """Undo whatever is done inside. The function it gives is told the status of the answer: of a
    refused request every table it wrote to must hold what it held before, but for the note in the
    log that something was refused.
    """
    written: set[str] = set()
    refused: list[int] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if _MAY_WRITE.match(sql):
            written.update(_WRITES.findall(sql))
        return execute(sql, params, many, context)

    def answered(status: int) -> None:
        if status >= 400:
            refused.append(status)

    left = {}
    with transaction.atomic():
        with connection.execute_wrapper(note):
            yield answered
        if refused:
            tables = {model._meta.db_table: model for model in apps.get_models()}
            left = {
                model: _rows(model) for name, model in tables.items() if name in written - _EVERYDAY
            }
        transaction.set_rollback(True)
    changed = [model._meta.label for model, rows in left.items() if rows != _rows(model)]
    assert changed == [], f"answered {refused[0]}, and yet changed {changed}"


def _rows(model: type[models.Model]) -> list[tuple[Any, ...]]:
    """As the database holds them: what they mean to Python is not asked."""
    rows = model._base_manager.order_by("pk")
    if model._meta.label == "accounts.AuditEntry":
        rows = rows.filter(is_refused=False)
    with connection.cursor() as cursor:
        cursor.execute(*rows.values_list().query.sql_with_params())
        return cursor.fetchall()

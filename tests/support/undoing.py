"""Requests of tests that walk every address: each is undone, and none that was refused has left
anything behind before that.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
# What every request may write: the session, counted attempts, and that something was refused.
_EVERYDAY = {"django_session", "usersessions_usersession", "portal_cache"}


class Undoing:
    """Knows every row of the database as it was when this was made."""

    def __init__(self) -> None:
        self._models = {model._meta.db_table: model for model in apps.get_models()}
        self._before = {table: _rows(model) for table, model in self._models.items()}

    @contextmanager
    def __call__(self) -> Iterator[Callable[[int], None]]:
        """Undo whatever is done inside. The function it gives is told the status of the answer: of
        a refused request every table it wrote to must hold what it held before.
        """
        written: set[str] = set()
        refused: list[int] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            found = _WRITES.match(sql)
            if found:
                written.add(found[1])
            return execute(sql, params, many, context)

        def answered(status: int) -> None:
            if status >= 400:
                refused.append(status)

        with transaction.atomic():
            with connection.execute_wrapper(note):
                yield answered
            tables = sorted(written & self._models.keys() - _EVERYDAY) if refused else []
            changed = [one for one in tables if _rows(self._models[one]) != self._before[one]]
            assert changed == [], f"answered {refused[0]}, and yet changed {changed}"
            transaction.set_rollback(True)


def _rows(model: type[models.Model]) -> list[dict[str, Any]]:
    rows = model._base_manager.order_by("pk")
    if model._meta.label == "accounts.AuditEntry":
        rows = rows.filter(is_refused=False)
    return list(rows.values())

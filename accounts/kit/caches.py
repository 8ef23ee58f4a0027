"""The cache as something to rely on: what it cannot keep or find it says (`Away`).

Limits of attempts are counted in it. Django's cache in the database answers "not added" where it
could not write, as if the key were there, and a limit took that for an attempt too many.
"""

import pickle
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache as DjangoDatabaseCache
from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.kit.outage import Away

_FAILURES: tuple[type[Exception], ...] = (DatabaseError, InterfaceError, OSError)
if find_spec("redis"):  # An extra.
    _FAILURES += (import_string("redis.exceptions.RedisError"),)
# One writing in so many takes away what has ended, where OPTIONS name no other TIDY_EVERY.
_TIDY_EVERY = 100


def guard_of(key: str) -> str:
    """Which guard asked for this key; never whom it is about."""
    parts = key.split(":")
    return parts[3] if parts[:2] == ["allauth", "rl"] and len(parts) > 3 else parts[0]


@contextmanager
def _or_away(keys: Iterable[str] = ()) -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise Away("cache", guard_of(next(iter(keys), ""))) from error


class _Said:
    """Raises Away where the cache below it fails, whichever way."""

    def add(self, key: str, *args: Any, **kwargs: Any) -> bool:
        with _or_away([key]):
            return bool(super().add(key, *args, **kwargs))  # type: ignore[misc]

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        with _or_away([key]):
            return super().get(key, *args, **kwargs)  # type: ignore[misc]

    def set(self, key: str, *args: Any, **kwargs: Any) -> None:
        with _or_away([key]):
            super().set(key, *args, **kwargs)  # type: ignore[misc]

    def touch(self, key: str, *args: Any, **kwargs: Any) -> bool:
        with _or_away([key]):
            return bool(super().touch(key, *args, **kwargs))  # type: ignore[misc]

    def delete(self, key: str, *args: Any, **kwargs: Any) -> bool:
        with _or_away([key]):
            return bool(super().delete(key, *args, **kwargs))  # type: ignore[misc]

    def has_key(self, key: str, *args: Any, **kwargs: Any) -> bool:
        with _or_away([key]):
            return bool(super().has_key(key, *args, **kwargs))  # type: ignore[misc]

    def incr(self, key: str, *args: Any, **kwargs: Any) -> int:
        with _or_away([key]):
            return int(super().incr(key, *args, **kwargs))  # type: ignore[misc]

    def get_many(self, keys: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        keys = list(keys)
        with _or_away(keys):
            return dict(super().get_many(keys, *args, **kwargs))  # type: ignore[misc]

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> list[str]:
        with _or_away(data):
            return list(super().set_many(data, *args, **kwargs))  # type: ignore[misc]

    def delete_many(self, keys: Any, *args: Any, **kwargs: Any) -> None:
        keys = list(keys)
        with _or_away(keys):
            super().delete_many(keys, *args, **kwargs)  # type: ignore[misc]

    def clear(self) -> None:
        with _or_away():
            super().clear()  # type: ignore[misc]


class _Table(DjangoDatabaseCache):
    """Django's table, written in one statement: it is there afterwards, or an error is."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(table, params)
        self._name = connection.ops.quote_name(table)
        options = params.get("OPTIONS", {})
        self._most = int(options.get("MAX_ENTRIES", 100_000))
        self._tidy_every = int(options.get("TIDY_EVERY", _TIDY_EVERY))
        self._writings = 0

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._written(key, value, timeout, version, only_ended=False)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return self._written(key, value, timeout, version, only_ended=True)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self._name} SET expires = %s WHERE cache_key = %s AND expires >= %s",  # noqa: S608 - our own name
                [self._end(timeout), self._whole(key, version), self._moment(timezone.now())],
            )
            return bool(cursor.rowcount)

    def _written(
        self, key: str, value: Any, timeout: Any, version: int | None, *, only_ended: bool
    ) -> bool:
        self._tidy_now_and_then()
        kept = b64encode(pickle.dumps(value, pickle.HIGHEST_PROTOCOL)).decode("ascii")
        statement = (
            f"INSERT INTO {self._name} (cache_key, value, expires) VALUES (%s, %s, %s)"  # noqa: S608 - our own name
            " ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value,"
            " expires = excluded.expires"
        )
        values = [self._whole(key, version), kept, self._end(timeout)]
        if only_ended:
            statement += f" WHERE {self._name}.expires < %s"
            values.append(self._moment(timezone.now()))
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return bool(cursor.rowcount)

    def _tidy_now_and_then(self) -> None:
        """What has ended goes; where that is too little, what ends next goes as well."""
        self._writings += 1
        if self._writings % self._tidy_every:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self._name} WHERE expires < %s",  # noqa: S608 - our own name
                [self._moment(timezone.now())],
            )
            cursor.execute(f"SELECT COUNT(*) FROM {self._name}")  # noqa: S608 - our own name
            count = cursor.fetchone()[0]
            if count > self._most:
                cursor.execute(
                    f"DELETE FROM {self._name} WHERE cache_key IN"  # noqa: S608 - our own name
                    f" (SELECT cache_key FROM {self._name} ORDER BY expires LIMIT %s)",
                    [count - self._most + self._most // 10],
                )

    def _whole(self, key: str, version: int | None) -> str:
        whole: str = self.make_key(key, version=version)
        self.validate_key(whole)
        return whole

    def _end(self, timeout: Any) -> Any:
        ends = self.get_backend_timeout(timeout)
        return self._moment(datetime.max if ends is None else datetime.fromtimestamp(ends, UTC))

    def _moment(self, at: datetime) -> Any:
        return connection.ops.adapt_datetimefield_value(at.replace(microsecond=0))


class DatabaseCache(_Said, _Table):
    """In a table of the database."""


class RedisCache(_Said, DjangoRedisCache):
    """In Redis."""

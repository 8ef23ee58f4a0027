"""The cache keeps what it is given, or says that it cannot."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts.kit.caches import DatabaseCache, guard_of
from accounts.kit.outage import Away, outage_of
from tests.support.outages import read_only, written_by_another

KEY = "allauth:rl:allauth.account:login_failed:5/5m/key:0123abcd"


class TestKeeping:
    pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

    def test_what_is_there_is_not_added(self) -> None:
        assert cache.add("one", 1, 60)
        assert not cache.add("one", 2, 60)
        assert cache.get("one") == 1

    def test_what_has_ended_is_added_again(self) -> None:
        cache.add("one", 1, 60)
        with time_machine.travel(timezone.now() + timedelta(seconds=62)):
            assert cache.add("one", 2, 60)
            assert cache.get("one") == 2

    def test_what_is_set_takes_the_place_of_what_was(self) -> None:
        cache.set("one", 1, 60)
        cache.set("one", [2], 60)
        assert cache.get("one") == [2]

    def test_what_is_kept_for_ever_and_what_is_touched_stay(self) -> None:
        cache.set("ever", 1, None)
        cache.set("touched", 1, 60)
        assert cache.touch("touched", 3600)
        assert not cache.touch("unknown", 3600)
        with time_machine.travel(timezone.now() + timedelta(minutes=30)):
            assert cache.get_many(["ever", "touched"]) == {"ever": 1, "touched": 1}

    def test_what_has_ended_goes_and_what_ends_next_where_that_is_too_little(self) -> None:
        small = DatabaseCache("portal_cache", {"OPTIONS": {"MAX_ENTRIES": 20}})
        for at in range(50):
            small.set(f"short-{at}", at, 1)
        with time_machine.travel(timezone.now() + timedelta(seconds=5)):
            for at in range(50):
                small.set(f"long-{at}", at, 1000 + at)
            # With the hundredth writing the fifty that ended are gone, and all but eighteen of
            # forty-nine others.
            kept = [at for at in range(50) if small.get(f"long-{at}") is not None]
        assert kept == list(range(31, 50))


@pytest.mark.parametrize(
    ("key", "guard"),
    [
        (KEY, "login_failed"),
        (f"{KEY}:lock", "login_failed"),
        ("card-attempt:login-7:3", "card-attempt"),
        ("refused:7:abc", "refused"),
        ("csp-report-123", "csp-report-123"),
        ("", ""),
        ("allauth:rl", "allauth"),
    ],
)
def test_a_guard_is_named_without_whom_it_is_about(key: str, guard: str) -> None:
    assert guard_of(key) == guard


WRITINGS: dict[str, Callable[[], Any]] = {
    "add": lambda: cache.add(KEY, 1, 60),
    "set": lambda: cache.set(KEY, 1, 60),
    "touch": lambda: cache.touch(KEY, 60),
    "delete": lambda: cache.delete(KEY),
    "delete_many": lambda: cache.delete_many([KEY]),
    "set_many": lambda: cache.set_many({KEY: 1}, 60),
}
READINGS: dict[str, Callable[[], Any]] = {
    "get": lambda: cache.get(KEY),
    "get_many": lambda: cache.get_many([KEY]),
    "has_key": lambda: cache.has_key(KEY),
}


@pytest.mark.django_db(transaction=True)
class TestFailing:
    @pytest.mark.parametrize("deed", WRITINGS)
    def test_a_database_that_takes_no_changes_is_said(self, deed: str) -> None:
        with read_only(), pytest.raises(Away) as error:
            WRITINGS[deed]()
        outage = outage_of(error.value)
        assert outage is not None
        assert (outage.part, outage.guard) == ("cache", "login_failed")

    @pytest.mark.parametrize("deed", WRITINGS)
    def test_a_table_that_others_hold_is_said(self, deed: str) -> None:
        with written_by_another("portal_cache"), pytest.raises(Away):
            WRITINGS[deed]()

    @pytest.mark.sqlite
    def test_a_full_disk_is_said(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages}")
            # What tests before this one have left free is room as well.
            cursor.execute(
                "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
            )
            free = cursor.fetchone()[0]
        try:
            with pytest.raises(Away):
                cache.set(KEY, "x" * (free + 5_000_000), 60)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA max_page_count = 1073741823")

    @pytest.mark.postgres
    @pytest.mark.parametrize("deed", READINGS)
    def test_a_table_that_cannot_be_read_is_said(self, deed: str) -> None:
        with written_by_another("portal_cache"), pytest.raises(Away):
            READINGS[deed]()


class TestRedis:
    @pytest.fixture
    def nobody(self, settings: Any) -> None:
        """The address of a Redis that is not there."""
        pytest.importorskip("redis")
        settings.CACHES = {
            "default": {
                "BACKEND": "accounts.kit.caches.RedisCache",
                "LOCATION": "redis://127.0.0.1:1/0",
                "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
            }
        }

    @pytest.mark.parametrize("deed", WRITINGS | READINGS)
    def test_a_redis_that_is_away_is_said(self, nobody: None, deed: str) -> None:
        with pytest.raises(Away) as error:
            (WRITINGS | READINGS)[deed]()
        assert error.value.guard == "login_failed"

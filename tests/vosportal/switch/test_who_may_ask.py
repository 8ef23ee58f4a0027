"""The door of the switches: who is let in, and what all others are told (docs/switch/README.md)."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.kit.outage import Away
from accounts.switches.models import DoorRefusal, Switch
from accounts.switches.queries import refused_lately
from accounts.switches.services.switches import IssuedKey, key_made, switch_changed
from tests.factories.switches import ask, new_switch
from vosportal.switch import refusing
from vosportal.switch.reading import MOST_BYTES

pytestmark = pytest.mark.django_db

NOBODY = {"user": "nobody"}
TOO_MUCH = b" " * (MOST_BYTES + 1)
# None of which is looked at before the key is proven.
BODIES = {
    "nothing": b"",
    "an object": b'{"user": "1"}',
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "SQL": b"'; DROP TABLE accounts_switch; --",
    "too much": TOO_MUCH,
}
FORGED = "vsw_0123456789ab_" + "0" * 48
KEYS = {
    "none": "",
    "no key at all": "hunter2",
    "one that was never made": FORGED,
    "one in another spelling": FORGED.upper(),
    "one with more behind it": FORGED + "0",
    "control characters": "vsw_\x00\x1b[31m",
    "letters that are none of ours": "vsw_ключ",
    "SQL": "' OR 1=1 --",
    "very long": "v" * 5_000,
}


@pytest.fixture(autouse=True)
def nobody_was_counted(monkeypatch: Any) -> None:
    monkeypatch.setattr(refusing, "_crowd", refusing._Crowd())


def said(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_who_has_a_key_is_answered(key: str) -> None:
    answer = ask(key, "credentials", NOBODY)
    assert (answer.status_code, said(answer)) == (200, {"known": False})
    assert answer["X-Request-ID"]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("wrong", KEYS.values(), ids=KEYS)
def test_without_a_valid_key_nothing_of_a_body_matters(
    issued: IssuedKey, wrong: str, body: bytes
) -> None:
    for endpoint in ("credentials", "cdr", "nothing", "", "../admin", "%00"):
        answer = ask(wrong, endpoint, body)
        assert answer.status_code in (401, 403, 413, 429), answer.content
        assert "error" in said(answer)


def test_a_request_without_a_key_says_how_to_send_one(issued: IssuedKey) -> None:
    answer = ask("", "credentials", NOBODY)
    assert (answer.status_code, said(answer)["error"]) == (401, "no_key")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Basic", "Token", "vsw", ""])
def test_a_key_comes_as_a_bearer(key: str, scheme: str) -> None:
    answer = ask("", "credentials", NOBODY, headers={"Authorization": f"{scheme} {key}"})
    assert answer.status_code == 401


def test_the_word_bearer_is_known_in_any_case(key: str) -> None:
    answer = ask("", "credentials", NOBODY, headers={"Authorization": f"bearer {key}"})
    assert answer.status_code == 200


def test_the_secret_of_a_key_counts_and_not_its_id_alone(key: str) -> None:
    other = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert said(ask(other, "credentials", NOBODY))["error"] == "unknown_key"


def test_a_key_that_was_replaced_is_none_at_once(issued: IssuedKey) -> None:
    again = key_made(actor=SYSTEM, switch=issued.switch)
    assert ask(issued.key.text, "credentials", NOBODY).status_code == 401
    assert ask(again.key.text, "credentials", NOBODY).status_code == 200


def test_a_key_is_of_one_switch_alone(issued: IssuedKey) -> None:
    other = new_switch("sw-2", ["203.0.113.9"])
    answer = ask(other.key.text, "credentials", NOBODY)
    assert (answer.status_code, said(answer)["error"]) == (403, "address")
    assert ask(issued.key.text, "credentials", NOBODY).status_code == 200


@pytest.mark.parametrize(
    ("listed", "address", "status"),
    [
        ("203.0.113.7", "203.0.113.7", 200),
        ("203.0.113.7", "203.0.113.8", 403),
        ("203.0.113.0/28", "203.0.113.15", 200),
        ("203.0.113.0/28", "203.0.113.16", 403),
        ("203.0.113.7", "::ffff:203.0.113.7", 200),
        ("2001:db8::/64", "2001:db8::1", 200),
        ("2001:db8::/64", "2001:db8:0:1::1", 403),
        ("203.0.113.7", "", 403),
        ("203.0.113.7", "no address", 403),
    ],
)
def test_a_switch_calls_from_its_addresses(
    issued: IssuedKey, listed: str, address: str, status: int
) -> None:
    one = new_switch("sw-2", [listed])
    answer = ask(one.key.text, "credentials", NOBODY, REMOTE_ADDR=address)
    assert answer.status_code == status, answer.content


def test_behind_a_proxy_the_address_is_the_one_it_says(issued: IssuedKey, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    one = new_switch("sw-2", ["203.0.113.7"])
    told = {"X-Forwarded-For": "203.0.113.99, 203.0.113.7"}
    assert ask(one.key.text, "credentials", NOBODY, headers=told).status_code == 200
    # What somebody says before the proxy of ours counts for nothing.
    told = {"X-Forwarded-For": "203.0.113.7, 203.0.113.99"}
    assert ask(one.key.text, "credentials", NOBODY, headers=told).status_code == 403


def test_a_locked_switch_is_answered_nothing_until_it_is_unlocked(issued: IssuedKey) -> None:
    how: dict[str, Any] = {"switch": issued.switch, "addresses": ["127.0.0.1"]}
    switch_changed(actor=SYSTEM, is_locked=True, **how)
    answer = ask(issued.key.text, "credentials", NOBODY)
    assert (answer.status_code, said(answer)["error"]) == (403, "locked")
    switch_changed(actor=SYSTEM, is_locked=False, **how)
    assert ask(issued.key.text, "credentials", NOBODY).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_is_answered(key: str, method: str) -> None:
    browser = getattr(Client(), method)
    answer = browser("/switch/v1/credentials", headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert browser("/switch/v1/credentials").status_code == 401


@pytest.mark.parametrize("name", ["", "nothing", "credentials/", "credentials/more", "CDR", "%00"])
def test_what_there_is_not_is_said_in_json(key: str, name: str) -> None:
    answer = ask(key, name, NOBODY)
    assert (answer.status_code, said(answer)["error"]) == (404, "unknown")


def test_more_than_a_megabyte_is_refused(key: str) -> None:
    answer = ask(key, "credentials", TOO_MUCH)
    assert (answer.status_code, said(answer)["error"]) == (413, "too_large")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "", "9" * 30, "٣"])
def test_a_length_that_is_none_is_no_failure(key: str, length: str) -> None:
    answer = ask(key, "credentials", b'{"user": "1"}', CONTENT_LENGTH=length)
    assert answer.status_code in (400, 413)


class TestLimits:
    """Thirty tries a minute that are refused, from one address."""

    def _used_up(self) -> None:
        for _try in range(30):
            assert ask(FORGED, "credentials", NOBODY).status_code == 401

    def test_too_many_tries_are_slowed_down(self, key: str) -> None:
        self._used_up()
        answer = ask(FORGED, "credentials", NOBODY)
        assert (answer.status_code, said(answer)["error"]) == (429, "too_many_tries")
        assert 1 <= int(answer["Retry-After"]) <= 60
        # Others are not, and nobody who has a key.
        elsewhere = ask(FORGED, "credentials", NOBODY, REMOTE_ADDR="203.0.113.1")
        assert elsewhere.status_code == 401
        assert ask(key, "credentials", NOBODY).status_code == 200

    def test_a_minute_later_they_may_try_again(self, key: str) -> None:
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            self._used_up()
            assert ask(FORGED, "credentials", NOBODY).status_code == 429
        with time_machine.travel(now + timedelta(seconds=61), tick=False):
            assert ask(FORGED, "credentials", NOBODY).status_code == 401

    def test_a_network_of_ipv6_is_one_address(self, key: str) -> None:
        for host in range(30):
            answer = ask(FORGED, "credentials", NOBODY, REMOTE_ADDR=f"2001:db8::{host:x}")
            assert answer.status_code == 401
        answer = ask(FORGED, "credentials", NOBODY, REMOTE_ADDR="2001:db8::ffff")
        assert answer.status_code == 429

    def test_a_guard_that_cannot_count_says_so(self, key: str, monkeypatch: Any) -> None:
        def away(*_args: Any, **_more: Any) -> None:
            raise Away("cache", "switch_door") from TimeoutError("locked")

        monkeypatch.setattr(cache, "get", away)
        answer = ask(FORGED, "credentials", NOBODY)
        assert (answer.status_code, said(answer)["error"]) == (503, "unavailable")
        assert answer["Retry-After"]


class TestRefusals:
    """Who is refused is counted, named and forgotten."""

    def counted(self) -> list[tuple[str, str, str, int]]:
        found = refused_lately(SYSTEM)
        return sorted((one.address, one.why.value, one.switch, one.count) for one in found)

    def test_they_are_counted_by_address_and_reason(self, issued: IssuedKey) -> None:
        other = new_switch("sw-2", ["203.0.113.9"])
        for address in ("192.0.2.61", "192.0.2.61", "2001:db8::1"):
            ask(FORGED, "credentials", NOBODY, REMOTE_ADDR=address)
        ask("", "credentials", NOBODY)
        ask(other.key.text, "credentials", NOBODY)
        assert self.counted() == [
            ("127.0.0.1", "address", "sw-2", 1),
            ("127.0.0.1", "no_key", "", 1),
            ("192.0.2.61", "unknown_key", "", 2),
            ("2001:db8::/64", "unknown_key", "", 1),
        ]

    def test_who_goes_on_is_counted_too(self, issued: IssuedKey) -> None:
        for _try in range(31):
            ask(FORGED, "credentials", NOBODY)
        assert self.counted() == [
            ("127.0.0.1", "limited", "", 1),
            ("127.0.0.1", "unknown_key", "", 30),
        ]

    def test_there_are_only_so_many_rows(self, issued: IssuedKey, monkeypatch: Any) -> None:
        monkeypatch.setattr("accounts.switches.services.refusals.MOST", 5)
        for host in range(12):
            ask(FORGED, "credentials", NOBODY, REMOTE_ADDR=f"192.0.2.{host}")
        assert DoorRefusal.objects.count() == 6
        assert ("", "unknown_key", "", 7) in self.counted()

    def test_a_day_later_they_are_forgotten(self, issued: IssuedKey) -> None:
        now = timezone.now()
        with time_machine.travel(now - timedelta(hours=26), tick=False):
            ask(FORGED, "credentials", NOBODY, REMOTE_ADDR="192.0.2.61")
        assert self.counted() == []
        ask(FORGED, "credentials", NOBODY, REMOTE_ADDR="192.0.2.62")
        assert DoorRefusal.objects.get().address == "192.0.2.62"

    def test_no_key_stands_in_a_log(self, issued: IssuedKey, caplog: Any, capfd: Any) -> None:
        with caplog.at_level(logging.DEBUG):
            ask(issued.key.text, "credentials", NOBODY)
            ask(issued.key.text + "0", "credentials", NOBODY)
            ask(issued.key.text, "credentials", b"{")
            ask(issued.key.text, "credentials", NOBODY, REMOTE_ADDR="203.0.113.1")
        lines = caplog.text + "".join(capfd.readouterr())
        assert "refused at the door" in lines
        assert issued.key.text[:25] not in lines


class TestSeen:
    def test_when_and_from_where_is_kept(self, issued: IssuedKey) -> None:
        ask(issued.key.text, "credentials", NOBODY)
        switch = Switch.objects.get()
        assert switch.last_address == "127.0.0.1"
        assert switch.last_seen_at is not None
        assert timezone.now() - switch.last_seen_at < timedelta(seconds=5)

    def test_it_is_written_every_ten_seconds_at_most(self, issued: IssuedKey) -> None:
        begin = timezone.now()
        seen = []
        for after in (0, 9, 10, 15, 25):
            with time_machine.travel(begin + timedelta(seconds=after), tick=False):
                ask(issued.key.text, "credentials", NOBODY)
            at = Switch.objects.get().last_seen_at
            assert at is not None
            seen.append(round((at - begin).total_seconds()))
        assert seen == [0, 0, 10, 10, 25]

    def test_what_it_does_not_know_to_ask_is_heard_all_the_same(self, issued: IssuedKey) -> None:
        ask(issued.key.text, "nothing", NOBODY)
        assert Switch.objects.get().last_seen_at is not None

    def test_who_is_refused_was_not_seen(self, issued: IssuedKey) -> None:
        ask(issued.key.text, "credentials", NOBODY, REMOTE_ADDR="203.0.113.1")
        assert Switch.objects.get().last_seen_at is None


class TestAway:
    """What fails below is 503 in JSON."""

    def _failing(self, monkeypatch: Any, error: Exception) -> None:
        def fail(*_args: Any) -> None:
            raise error

        monkeypatch.setattr("vosportal.switch.door.switch_with_key", fail)

    def test_a_database_that_is_away(self, key: str, monkeypatch: Any) -> None:
        self._failing(monkeypatch, OperationalError("the connection is closed"))
        answer = ask(key, "credentials", NOBODY)
        assert (answer.status_code, said(answer)["error"]) == (503, "unavailable")
        assert int(answer["Retry-After"]) > 0

    def test_a_fault_of_ours_has_a_traceback_in_the_log_and_no_500(
        self, key: str, monkeypatch: Any, caplog: Any
    ) -> None:
        self._failing(monkeypatch, KeyError("ours"))
        answer = ask(key, "credentials", NOBODY)
        assert (answer.status_code, said(answer)["error"]) == (503, "failed")
        assert "KeyError" in caplog.text

    def test_too_few_threads(self, key: str, monkeypatch: Any) -> None:
        monkeypatch.setattr("vosportal.switch.door.places.take", lambda: False)
        assert ask(key, "credentials", NOBODY).status_code == 503


def test_keys_are_taken_over_https_where_the_portal_is_served_so(key: str, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = ask(key, "credentials", NOBODY)
    assert (answer.status_code, said(answer)["error"]) == (403, "not_encrypted")
    assert ask(key, "credentials", NOBODY, secure=True).status_code == 200


def test_the_pages_of_switches_are_no_part_of_it(admin: Client) -> None:
    assert admin.get("/switches/").status_code == 200
    assert Client().get("/switch/v2/credentials").status_code != 401


def test_the_way_in_takes_one_question(issued: IssuedKey, django_assert_num_queries: Any) -> None:
    ask(issued.key.text, "nothing", NOBODY)
    with django_assert_num_queries(1):
        ask(issued.key.text, "nothing", NOBODY)

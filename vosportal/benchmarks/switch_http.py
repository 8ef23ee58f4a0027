"""A switch that asks over HTTP, of gunicorn as it is documented: how many calls a second it may ask
about, and how long an answer takes while so many come in and records are charged beside them.
"""

import http.client
import json
import multiprocessing
import os
import random
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from statistics import quantiles
from threading import Event, Thread
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.gateways.services.gateways import gateway_create
from accounts.phones.services.phones import phone_create
from accounts.switches.services.switches import switch_new
from accounts.tree.services.accounts import account_create
from billing.calls.models import CallRecord
from billing.calls.services.intake import records_taken
from billing.handing_out.services.terms import terms_set
from vosportal.benchmarks.measure import Line

_WORKERS = 2
_ASKING = 8
_RATE = 200
_RECORDS = 1_000
_PHONES = 300
# As the charger's unit says.
_NICE = 10
_AIM, _SLOWEST = 300.0, 50.0


def lines(customers: Sequence[str], seconds: float, say: Callable[[str], None]) -> list[Line]:
    """Authorizations over HTTP by phones of some of these customers."""
    say("Adding phones, a carrier and a switch …")
    key, phones = _made(random.sample(list(customers), min(_PHONES, len(customers))))
    with connection.cursor() as cursor:
        # What autovacuum does a minute after so many calls.
        cursor.execute("VACUUM ANALYZE")
    found = []
    with _served() as port:
        ask = _Asking(port, key, phones)
        say("Asking as fast as it goes …")
        ask.at_rate(0, 1.0)
        times = ask.at_rate(0, seconds)
        found.append(Line("authorize over HTTP", len(times) / seconds, "aim", _AIM, "/s"))
        say(f"Asking {_RATE} times a second …")
        found.append(_slowest("alone", ask.at_rate(_RATE, seconds)))
        say(f"Asking {_RATE} times a second while {_RECORDS:,} records a second are charged …")
        with _charging(customers), _coming(customers):
            found.append(_slowest(f"beside {_RECORDS:,} records/s", ask.at_rate(_RATE, seconds)))
        say("Whole cycles: authorize, answered, record, charged …")
        with _charging(customers) as charger:
            found.append(ask.cycles(200, charger, len(times) / seconds))
    return found


def _slowest(how: str, times: Sequence[float]) -> Line:
    what = f"99 of 100 answers within, {_RATE}/s asked, {how}"
    return Line(what, quantiles(times, n=100)[98] * 1000, "aim", _SLOWEST)


def _made(names: Sequence[str]) -> tuple[str, list[str]]:
    carrier = account_create(
        actor=SYSTEM, account_id="Benchmark-Carrier", name="x", type=Account.Type.CLEARING
    )
    terms_set(actor=SYSTEM, account=carrier, payment_mode="postpaid", is_unlimited=True)
    gateway_create(
        actor=SYSTEM, account=carrier, name="benchmark-route", direction="routing",
        capacity=100_000, information={"addresses": ["198.51.100.7"], "is_locked": False},
    )  # fmt: skip
    phones = []
    for at, account in enumerate(Account.objects.filter(account_id__in=names)):
        number = f"99{at:08d}"
        phone_create(actor=SYSTEM, account=account, number=number, dids=(), max_calls=1_000)
        phones.append(number)
    issued = switch_new(actor=SYSTEM, name="benchmark-http", addresses=["127.0.0.1"])
    return issued.key.text, phones


@contextmanager
def _served() -> Iterator[int]:
    """Gunicorn on the scratch database, on a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603 - our own server
        [
            sys.executable, "-m", "gunicorn", "--config", "python:vosportal.server",
            "vosportal.wsgi", "--workers", str(_WORKERS), "--bind", f"127.0.0.1:{port}",
            "--log-level", "error",
        ],
        cwd=settings.BASE_DIR,
        env={**os.environ, **_environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _environment() -> dict[str, str]:
    """Production, behind a proxy that ends TLS."""
    database = connection.settings_dict
    where = f"{database['USER']}:{database['PASSWORD']}@" if database["USER"] else ""
    host = f"{database['HOST'] or 'localhost'}:{database['PORT'] or 5432}"
    return {
        "DATABASE_URL": f"postgres://{where}{host}/{database['NAME']}",
        "ENV_FILE": os.devnull,
        "DEBUG": "false",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "OBJECT_KEY_SECRET": secrets.token_urlsafe(64),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "127.0.0.1",
        "PORTAL_URL": "https://portal.example.com",
        "TRUSTED_PROXIES": "1",
        "EMAIL_URL": "smtp://localhost:25",
        "DEFAULT_FROM_EMAIL": "portal@mail.invalid",
        "LOG_LEVEL": "ERROR",
    }


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("The server did not come up.")


class _Asking:
    """Processes that ask the server, each over connections of its own."""

    def __init__(self, port: int, key: str, phones: Sequence[str]) -> None:
        self.port, self.key, self.phones = port, key, phones

    def at_rate(self, rate: int, seconds: float) -> list[float]:
        """How long each answer took; `rate` a second, or (0) each as soon as the one before."""
        connections.close_all()
        with multiprocessing.get_context("fork").Pool(_ASKING) as pool:
            given = [(rate / _ASKING, seconds)] * _ASKING
            return [one for some in pool.starmap(self._ask, given, chunksize=1) for one in some]

    def _ask(self, rate: float, seconds: float) -> list[float]:
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        times: list[float] = []
        begin = time.monotonic() + random.random() / (rate or 1)  # noqa: S311
        number = 0
        while True:
            due = begin + number / rate if rate else time.monotonic()
            if due > begin + seconds:
                return times
            time.sleep(max(due - time.monotonic(), 0))
            answer = self.post(server, "authorize", self.call(), may_be_away=True)
            if answer is not None and not answer["allowed"]:
                raise RuntimeError(f"A call was refused: {answer}")
            # From when it was due: whoever waits for the one before waits as well.
            times.append(time.monotonic() - due)
            number += 1

    def call(self) -> dict[str, str]:
        dice = random.Random()  # noqa: S311
        return {
            "call_id": secrets.token_hex(16),
            "phone": dice.choice(self.phones),
            "caller": "494055500001",
            "callee": f"8{dice.randrange(1_000):06d}{dice.randrange(10_000):04d}",
        }

    def post(
        self,
        server: http.client.HTTPConnection,
        name: str,
        body: Any,
        *,
        may_be_away: bool = False,
    ) -> Any:
        """The answer; None where it was too late to give one (503), if that may be."""
        headers = {
            "Authorization": f"Bearer {self.key}", "Content-Type": "application/json",
            "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https",
        }  # fmt: skip
        server.request("POST", f"/switch/v1/{name}", json.dumps(body), headers)
        response = server.getresponse()
        text = response.read()
        if response.status == 503 and may_be_away:
            return None
        if response.status != 200:
            raise RuntimeError(f"{name}: {response.status} {text!r}")
        return json.loads(text)

    def cycles(self, count: int, charger: subprocess.Popen[bytes], questions: float) -> Line:
        """Calls from the question to the charge, one after the other."""
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        began = time.monotonic()
        for _one in range(count):
            call, now = self.call(), timezone.now()
            self.post(server, "authorize", call)
            which = {"call_id": call["call_id"], "at": now.isoformat()}
            self.post(server, "events", {**which, "event": "answered"})
            record = {
                **call, "setup": now.isoformat(), "answer": now.isoformat(),
                "end": (now + timedelta(seconds=30)).isoformat(), "duration": "30",
            }  # fmt: skip
            self.post(server, "cdr", record)
        _all_charged(charger)
        took = time.monotonic() - began
        what, beside = "whole cycles, one at a time", "authorize over HTTP, several at a time"
        return Line(what, count / took, beside, questions, "/s")


@contextmanager
def _charging(names: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A charger as its unit runs it, that has its rates ready."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        ["/usr/bin/env", "nice", "-n", str(_NICE), sys.executable, "manage.py", "charge_calls"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **_environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _taken_in(names, 100)
        _all_charged(process)
        yield process
        _all_charged(process)
    finally:
        process.terminate()
        process.wait(60)


def _all_charged(process: subprocess.Popen[bytes]) -> None:
    while CallRecord.objects.inbox().exists():
        if process.poll() is not None:
            raise RuntimeError("The charger ended.")
        time.sleep(0.05)


@contextmanager
def _coming(names: Sequence[str]) -> Iterator[None]:
    """Records that come in meanwhile, so many a second."""
    ended = Event()

    def bring() -> None:
        while not ended.is_set():
            began = time.monotonic()
            _taken_in(names, _RECORDS)
            ended.wait(max(1 - (time.monotonic() - began), 0))
        connections.close_all()

    bringing = Thread(target=bring)
    bringing.start()
    try:
        yield
    finally:
        ended.set()
        bringing.join()


def _taken_in(names: Sequence[str], count: int) -> None:
    dice, now = random.Random(), timezone.now()  # noqa: S311
    rows = [(None, _record(dice, names, now)) for _one in range(count)]
    records_taken(rows, source="benchmark-records")


def _record(dice: random.Random, names: Sequence[str], now: Any) -> dict[str, str]:
    answer = now - timedelta(minutes=10)
    return {
        "call_id": f"{dice.getrandbits(64):016x}{secrets.token_hex(4)}",
        "account": dice.choice(names),
        "callee": f"8{dice.randrange(1_000):06d}{dice.randrange(10_000):04d}",
        "setup": answer.isoformat(), "answer": answer.isoformat(),
        "end": (answer + timedelta(seconds=90)).isoformat(), "duration": "90",
    }  # fmt: skip

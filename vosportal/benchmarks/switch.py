"""Calls that are let through at size: the step that sets money aside at every level, beside a bare
transaction that writes the same rows spread over many businesses.
"""

import json
import random
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import override_settings
from django.utils import timezone

from accounts.core.models import Account
from accounts.core.querysets import chains
from billing.charging.queries.integrity import calls_found
from billing.holds.models import Hold, RunningCall
from billing.holds.services.holding import LevelHold, NewCall, call_held, made_durable
from billing.ledger.queries.integrity import ledger_problems
from billing.rates.models import Rate
from billing.wallets.models import Wallet
from vosportal.benchmarks import switch_http, switch_routes
from vosportal.benchmarks.calls import ROOTS, customers, deck
from vosportal.benchmarks.measure import Line
from vosportal.benchmarks.together import per_second

_PROCESSES = 8
_TURNS = 2
# What the slowest flush of the disks that people have takes.
_DELAY = 2_000
_MICROS = 60_000

# (the caller's account, then every account above it)
_Chain = Sequence[tuple[int, int]]


def run(*, accounts: int, prefixes: int, seconds: float, say: Callable[[str], None]) -> list[Line]:
    """Let calls through in the connected (scratch) database, spread over many roots and below one,
    at the disk's own flush and at one of 2 ms.
    """
    say(f"Loading 3 decks of {prefixes:,} prefixes …")
    groups = [deck(f"Level {level}", prefixes, level) for level in range(3)]
    found: list[Line] = []
    with override_settings(DEBUG=False):
        roots = max(min(ROOTS, accounts // 20), 1)
        say(f"Loading {accounts:,} accounts twice …")
        names = customers(f"{roots} roots", accounts, roots, groups)
        spread = _chains(names)
        hot = _chains(customers("one root", accounts, 1, groups))
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {Wallet._meta.db_table} SET credit_limit = %s, payment_mode = 'postpaid'",  # noqa: S608
                [10**15],
            )
        rate = Rate.objects.filter(group=groups[0]).values_list("pk", flat=True)[0]
        for delay in (0, _DELAY) if connection.vendor == "postgresql" else (0,):
            how = "2 ms flush" if delay else "the disk's own flush"
            say(f"Letting calls through with {_PROCESSES} processes, {how} …")
            found += _steps(how, delay, spread, hot, rate, seconds)
        say("Choosing routes among few gateways and many …")
        found.append(switch_routes.line(names, say))
        if connection.vendor == "postgresql":
            found += switch_http.lines(names, seconds, say)
    problems = ledger_problems()
    if problems or not calls_found().is_sound:
        raise RuntimeError(f"The ledger is damaged after all this: {problems}")
    return found


def _chains(names: Sequence[str]) -> list[_Chain]:
    pks = list(Account.objects.filter(account_id__in=names).values_list("pk", flat=True))
    group = dict(Wallet.objects.exclude(rate_group=None).values_list("pk", "rate_group"))
    found: list[_Chain] = []
    for some in range(0, len(pks), 2_000):
        ways = chains(pks[some : some + 2_000]).values()
        found += [[(link.pk, group[link.pk]) for link in way[::-1]] for way in ways]
    return found


def _steps(
    how: str, delay: int, spread: list[_Chain], hot: list[_Chain], rate: int, seconds: float
) -> list[Line]:
    def letting(chains_: list[_Chain]) -> Callable[[int, int], None]:
        def work(_process: int, number: int) -> None:
            _flush_takes(delay, number)
            call_held(_call(random.choice(chains_), rate))  # noqa: S311
            made_durable()

        return work

    def bare(_process: int, number: int) -> None:
        _flush_takes(delay, number)
        _write(_call(random.choice(spread), rate))  # noqa: S311

    works = {"spread over roots": letting(spread), "below one root": letting(hot), "bare": bare}
    rates = dict.fromkeys(works, 0.0)
    for _turn in range(_TURNS):
        # They take turns, so that whatever else the machine does meets all of them.
        for name, work in works.items():
            rates[name] += per_second(work, processes=_PROCESSES, seconds=seconds) / _TURNS
    beside = "bare transaction, spread (aim 0.60)"
    return [
        Line(f"money step {name}, {how}", rates[name], beside, rates["bare"], "/s")
        for name in list(works)[:2]
    ]


def _flush_takes(delay: int, number: int) -> None:
    """Let every commit of this process that is flushed take so many microseconds longer."""
    if delay and not number:
        with connection.cursor() as cursor:
            cursor.execute(f"SET commit_delay = {delay}")
            cursor.execute("SET commit_siblings = 0")


def _call(chain: _Chain, rate: int) -> NewCall:
    now = timezone.now()
    columns = {
        "source": "benchmark", "call_id": secrets.token_hex(16), "account_id": chain[0][0],
        "root_id": chain[-1][0], "phone": "8801819000001", "caller": "494055500001",
        "callee": "80000001234", "number": "80000001234", "authorized_at": now,
        "rings_until": now + timedelta(seconds=settings.SWITCH_RING),
        "seconds": settings.SWITCH_SECONDS, "most_seconds": settings.SWITCH_LONGEST,
        "changed_at": now, "answer": {"allowed": True},
    }  # fmt: skip
    prices = [[0, rate, _MICROS, 0, 1, 1]]
    return NewCall(columns, [LevelHold(pk, group, _MICROS, prices) for pk, group in chain])


_CALL, _HOLD = RunningCall._meta.db_table, Hold._meta.db_table


def _write(call: NewCall) -> None:
    """The rows of a call that is let through, and nothing else: no limit, no refusal."""
    values: dict[str, Any] = {
        "leg": "", "session": "", "gateway": "", "destination": "", "routing_gateway": "",
        "cut_by": "", "cut_why": "", "is_lost": False, "levels": len(call.levels),
        "taken": len(call.levels), **call.columns,
    }  # fmt: skip
    values["answer"] = json.dumps(values["answer"])
    for name in ("authorized_at", "rings_until", "changed_at"):
        values[name] = connection.ops.adapt_datetimefield_value(values[name])
    with transaction.atomic(), connection.cursor() as cursor:
        for one in sorted(call.levels, key=lambda one: -one.account):
            cursor.execute(
                f"UPDATE {Wallet._meta.db_table} SET held = held + %s WHERE account_id = %s",  # noqa: S608
                [one.amount, one.account],
            )
        marks = ", ".join(["%s"] * len(values))
        cursor.execute(
            f"INSERT INTO {_CALL} ({', '.join(values)}) VALUES ({marks}) RETURNING id",  # noqa: S608
            list(values.values()),
        )
        pk = cursor.fetchone()[0]
        rows = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(call.levels))
        cursor.execute(
            f"INSERT INTO {_HOLD} (call_id, level, account_id, group_id, amount, prices)"  # noqa: S608
            f" VALUES {rows}",
            [
                value
                for at, one in enumerate(call.levels)
                for value in (
                    pk, at, one.account, one.group, one.amount, json.dumps(one.prices)
                )
            ],
        )  # fmt: skip

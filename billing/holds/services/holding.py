"""Money is set aside for a call at every level above it, or at none (docs/domain.md 7).

Every call of a business holds at its root, so that wallet is asked for by all of them at once. One
statement moves all levels conditionally and writes the call, whose check constraint undoes
everything where a level could not. It is sent together with its commit, which does not wait for the
disk, so that the wallets are free at once; `made_durable` waits, before the switch hears of it. The
order of locks is that of postings: wallets by descending key.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from billing.holds.models import Hold, RunningCall
from billing.wallets.models import Wallet

_CALL, _HOLD = RunningCall._meta.db_table, Hold._meta.db_table
_WALLET = Wallet._meta.db_table
# Namespace of the advisory locks of phones and gateways in the database ("VOSL").
_LIMIT_CLASS = 0x564F534C
# As PostgreSQL and SQLite name what is unique about a call.
_SAME_CALL = ("running_call_once", f"{_CALL}.call_id")
_NO_MONEY = "running_call_held_at_every_level"


@dataclass(frozen=True, slots=True)
class LevelHold:
    """What one level sets aside, in micro-units, and the prices it is let through at."""

    account: int
    group: int
    amount: int
    prices: Sequence[Sequence[int]] = ()


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call that is let through if every level has the money: its columns by their names."""

    columns: Mapping[str, Any]
    levels: Sequence[LevelHold] = field(default_factory=tuple)
    # (column, value, most): so many calls at a time with this phone or gateway.
    limits: Sequence[tuple[str, str, int]] = ()


# Of a call, in this order.
_COLUMNS = (
    "source", "call_id", "leg", "session", "account_id", "root_id", "phone", "gateway", "caller",
    "callee", "number", "destination", "routing_gateway", "authorized_at", "rings_until",
    "seconds", "most_seconds", "changed_at", "cut_by", "cut_why", "is_lost", "answer",
)  # fmt: skip


class NoMoney(Exception):
    """A level has less available than its hold; nothing was set aside anywhere."""


class TooMany(Exception):
    """A phone or gateway has as many calls as it may have at a time."""


class HeldBefore(Exception):
    """The same call was let through before."""


def call_held(call: NewCall) -> int:
    """Set the money aside at every level and write the call; its key. Raises NoMoney, TooMany,
    HeldBefore.
    Not durable on PostgreSQL before `made_durable`; call it outside of a transaction.
    """
    values = {**_EMPTY, **call.columns}
    row = [_adapted(name, values[name]) for name in _COLUMNS]
    levels = sorted(enumerate(call.levels), key=lambda one: -one[1].account)
    try:
        if connection.vendor == "postgresql":
            return _at_once(row, levels, call.limits)
        with transaction.atomic(), connection.cursor() as cursor:
            return _one_by_one(cursor, row, levels, call.limits)
    except IntegrityError as error:
        if _NO_MONEY in str(error):
            raise NoMoney from error
        if any(sign in str(error) for sign in _SAME_CALL):
            raise HeldBefore from error
        raise


def made_durable() -> None:
    """Wait until everything that was committed so far is on the disk. A transaction of its own,
    which writes nothing but that it was.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_logical_emit_message(true, 'vosportal', '')")


_EMPTY = {
    "leg": "", "session": "", "phone": "", "gateway": "", "destination": "", "routing_gateway": "",
    "cut_by": "", "cut_why": "", "is_lost": False, "answer": {},
}  # fmt: skip


def _adapted(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return json.dumps(value) if name == "answer" else value


def _room(column: str) -> str:
    """Whether a phone or gateway has fewer calls than it may have at a time. That it has a name is
    said for the index, which leaves out where there is none.
    """
    return f"""(
        SELECT COUNT(*) FROM {_CALL} WHERE {column} = %s AND {column} <> '' AND ended_at IS NULL
    ) < %s"""  # noqa: S608 - names of our own tables


# What is set aside, and at which wallets it could be: those that need nothing are only looked at,
# and must not be below zero either. Nothing is, where a phone or gateway has too many calls.
_AT_ONCE = f"""
    WITH room (is_left) AS MATERIALIZED (
        SELECT {{room}}
    ), wanted (level, account_id, group_id, amount, prices) AS (
        SELECT * FROM unnest(
            %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::jsonb[]
        )
    ), locked AS MATERIALIZED (
        SELECT wallet.account_id FROM {_WALLET} wallet
        WHERE wallet.account_id = ANY(%s) AND (SELECT is_left FROM room)
        ORDER BY wallet.account_id DESC FOR NO KEY UPDATE
    ), moved AS (
        UPDATE {_WALLET} wallet SET held = held + wanted.amount
        FROM wanted JOIN locked ON locked.account_id = wanted.account_id
        WHERE wallet.account_id = wanted.account_id AND wanted.amount > 0
          AND (is_unlimited OR balance + credit_limit - held >= wanted.amount)
        RETURNING wallet.account_id
    ), free AS (
        SELECT wanted.account_id FROM wanted JOIN {_WALLET} wallet
            ON wallet.account_id = wanted.account_id
        WHERE wanted.amount = 0 AND (is_unlimited OR balance + credit_limit - held >= 0)
    ), made AS (
        INSERT INTO {_CALL} ({", ".join(_COLUMNS)}, levels, taken)
        SELECT {", ".join(["%s"] * len(_COLUMNS))}, (SELECT count(*) FROM wanted),
            (SELECT count(*) FROM moved) + (SELECT count(*) FROM free)
        WHERE (SELECT is_left FROM room)
        RETURNING id
    )
    INSERT INTO {_HOLD} (call_id, level, account_id, group_id, amount, prices)
    SELECT made.id, level, account_id, group_id, amount, prices FROM made, wanted
    RETURNING call_id"""  # noqa: S608 - names of our own tables


# Of this transaction alone. Wallets are looked up by their keys, whatever the values: the plan is
# the same each time, and to make it anew takes as long as to carry it out.
_OWN_SETTINGS = """
    SELECT set_config('synchronous_commit', 'off', true),
        set_config('plan_cache_mode', 'force_generic_plan', true)"""


def _at_once(
    row: list[Any],
    levels: Sequence[tuple[int, LevelHold]],
    limits: Sequence[tuple[str, str, int]],
) -> int:
    # Whoever asks about the same phone or gateway at the same moment waits its turn here: only what
    # is stated after it sees the call of the one before.
    turns = ", pg_advisory_xact_lock(%s, hashtext(%s))" * len(limits)
    room = " AND ".join(_room(column) for column, _name, _most in limits) or "true"
    values: list[Any] = [
        *(value for _column, *limit in limits for value in limit),
        [at for at, _one in levels],
        [one.account for _at, one in levels],
        [one.group for _at, one in levels],
        [one.amount for _at, one in levels],
        [json.dumps(one.prices) for _at, one in levels],
        [one.account for _at, one in levels if one.amount],
        *row,
    ]
    with connection.cursor() as turn, connection.cursor() as cursor:
        with _in_one_go():
            turn.execute(
                f"{_OWN_SETTINGS}{turns}",
                [value for _column, name, _most in limits for value in (_LIMIT_CLASS, name)],
            )
            cursor.execute(_AT_ONCE.format(room=room), values)
        found = cursor.fetchone()
    if found is None:
        raise TooMany
    return int(found[0])


@contextmanager
def _in_one_go() -> Iterator[None]:
    """A transaction whose statements and commit the server is sent together: the wallets are not
    locked while it waits for us. Within another transaction they are part of that.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    raw = connection.connection
    with connection.wrap_database_errors, raw.pipeline():
        yield


_MOVE = f"""
    UPDATE {_WALLET} SET held = held + %s WHERE account_id = %s
      AND (is_unlimited OR balance + credit_limit - held >= %s)"""  # noqa: S608


def _one_by_one(
    cursor: Any,
    row: list[Any],
    levels: Sequence[tuple[int, LevelHold]],
    limits: Sequence[tuple[str, str, int]],
) -> int:
    """SQLite has one writer: nothing comes between these statements."""
    for column, name, most in limits:
        cursor.execute(f"SELECT {_room(column)}", [name, most])
        if not cursor.fetchone()[0]:
            raise TooMany
    taken = 0
    for _at, one in levels:
        cursor.execute(_MOVE, [one.amount, one.account, one.amount])
        taken += cursor.rowcount
    marks = ", ".join(["%s"] * (len(_COLUMNS) + 2))
    cursor.execute(
        f"INSERT INTO {_CALL} ({', '.join(_COLUMNS)}, levels, taken) VALUES ({marks})"  # noqa: S608
        " RETURNING id",
        [*row, len(levels), taken],
    )
    pk = int(cursor.fetchone()[0])
    cursor.executemany(
        f"INSERT INTO {_HOLD} (call_id, level, account_id, group_id, amount, prices)"  # noqa: S608
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [
            [pk, at, one.account, one.group, one.amount, json.dumps(one.prices)]
            for at, one in levels
        ],
    )
    return pk

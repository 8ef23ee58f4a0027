"""Thousands of movements at once, all or none: set-based, with memory that does not grow.

Wallets are locked by descending key. What may be refused (`post_many`) locks them first: lines are
read in pieces, each wallet's balance runs on in memory and is written once at the end. What calls
cost never is (`post_charges`): wallets are locked last, and the database itself moves them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.many import insert_many, keys_for, references_proved, rows_by_index
from accounts.core.record import ORIGIN
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.services.posting import (
    input_hash,
    insufficient,
    locked_balances,
    too_large,
)
from billing.money import MAX_BALANCE, to_micros
from billing.wallets.models import Wallet

_PIECE = 5000
_MOST = to_micros(MAX_BALANCE)


@dataclass(frozen=True)
class Line:
    """One movement of a batch: into the wallet from a house account."""

    account_pk: int
    amount: Decimal
    key: str
    digest: str
    reference: str = ""
    memo: str = ""


@dataclass
class _Balance:
    micros: int
    floor: int | None


def post_many(
    actor: Actor,
    lines: Callable[[], Iterable[Line]],
    *,
    kind: str,
    batch: str,
    house: House = House.CASH,
    method: str = "",
    told: Callable[[int], None] = lambda _done: None,
) -> int:
    """Post every line in the transaction of the caller; return how many there were.

    `lines` is called twice and yields the same both times: once for the wallets concerned, once for
    the posting. `told` hears how many are written. Raises InsufficientFunds, BadAmount, and
    IntegrityError for a key that was used before; the caller lets its transaction go then.
    """
    wallets = {line.account_pk for line in lines()}
    balances = _lock(wallets)
    now = timezone.now()
    origin = ORIGIN.get()
    same: dict[str, Any] = {
        "at": now,
        "kind": kind,
        "method": method,
        "login_id": actor.user.pk if actor.user else None,
        "actor": actor.login,
        "by_account_id": actor.account_pk,
        "reverses_id": None,
        "batch": batch,
        "request_id": (origin.request_id if origin else "")[:64],
    }
    done = 0
    for piece in _pieces(lines()):
        _write(piece, same, balances, house, now)
        done += len(piece)
        told(done)
    _save(balances)
    return done


@dataclass(frozen=True)
class Charge:
    """What calls of a batch come to for one account and one house account, above zero: taken out of
    the wallet. `pk` is the key that its transaction will have, from `keys_for`.
    """

    pk: int
    account_pk: int
    amount: int  # micro-units
    house: House


def post_charges(
    actor: Actor,
    charges: Sequence[Charge],
    *,
    batch: str,
    at: datetime,
    kind: Transaction.Kind = Transaction.Kind.CALL,
    released: Mapping[int, int] | None = None,
    last: ExitStack | None = None,
) -> None:
    """Take what calls cost out of the wallets, in the transaction of the caller: whatever the
    limits, for what was called is always charged. Charges below zero are taken back. `released`:
    what was held until now, in micro-units by account, which is free again; below zero, what is set
    aside. `last`: closed by the caller once that transaction has ended, with which wallets are then
    locked, moved and free again; what fails there, fails the commit.
    """
    key = f"{kind.value}:{batch}"
    origin = ORIGIN.get()
    same: dict[str, Any] = {
        "at": at,
        "kind": kind.value,
        "method": "",
        "reference": "",
        "memo": "",
        "login_id": actor.user.pk if actor.user else None,
        "actor": actor.login,
        "by_account_id": actor.account_pk,
        "reverses_id": None,
        "batch": batch,
        "input_hash": input_hash({kind.value: batch}),
        "request_id": (origin.request_id if origin else "")[:64],
    }
    own: list[tuple[Any, ...]] = []
    houses: list[tuple[Any, ...]] = []
    for one in charges:
        house = one.house.value
        own.append(
            (
                one.pk, one.account_pk, abs(one.amount), f"{key}:{house}:{one.account_pk}",
                *same.values(),
            )
        )  # fmt: skip
        houses.append((one.pk, None, house, one.amount, None, at))
    insert_many(Transaction, ("id", "account_id", "amount", "idempotency_key", *same), own)
    insert_many(Entry, _ENTRY, houses)
    references_proved()
    with ExitStack() as here:
        _take(charges, released or {}, at, last or here)


def _take(
    charges: Sequence[Charge], released: Mapping[int, int], at: datetime, last: ExitStack
) -> None:
    """Out of the wallets, whose balances only the database knows: what calls cost is worked out
    before they are locked, and calls that ask about them meanwhile wait for what is done here.
    """
    taken: dict[int, int] = {}
    entries: list[tuple[int, int, int, int]] = []
    # From the end: the last of a wallet has the balance that is there then; those before it, what
    # was not taken yet.
    for one in charges:
        later = taken.get(one.account_pk, 0)
        entries.append((one.pk, one.account_pk, -one.amount, later))
        taken[one.account_pk] = later + one.amount
    entries.reverse()
    if not (pks := sorted({*taken, *released}, reverse=True)):
        return
    moves = [(taken.get(pk, 0), released.get(pk, 0), pk) for pk in pks]
    cursor = last.enter_context(connection.cursor())
    if connection.vendor != "postgresql":
        cursor.executemany(_MOVE, moves)
        when = connection.ops.adapt_datetimefield_value(at)
        cursor.executemany(
            _ENTER, [(pk, amount, later, when, of) for pk, of, amount, later in entries]
        )
        return
    with rows_by_index():
        # Sent together: nobody waits until we have read one answer and asked the next question.
        last.enter_context(connection.wrap_database_errors)
        last.enter_context(connection.connection.pipeline())
        cursor.execute(_LOCK, [pks])
        cursor.execute(_MOVE_ALL, [list(one) for one in zip(*moves, strict=True)])
        if entries:
            cursor.execute(_ENTER_ALL, [at, *(list(one) for one in zip(*entries, strict=True))])


_WALLET, _ENTRIES = Wallet._meta.db_table, Entry._meta.db_table
_LOCK = f"""
    SELECT FROM {_WALLET} WHERE account_id = ANY(%s) ORDER BY account_id DESC FOR UPDATE"""
_MOVE_ALL = f"""
    UPDATE {_WALLET} wallet SET balance = balance - given.taken, held = held - given.released
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS given (taken, released, pk)
    WHERE wallet.account_id = given.pk"""  # noqa: S608 - our own name
_ENTER_ALL = f"""
    INSERT INTO {_ENTRIES} (transaction_id, wallet_id, house, amount, balance_after, at)
    SELECT given.pk, account_id, '', given.amount, balance + given.later, %s
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
        WITH ORDINALITY AS given (pk, whose, amount, later, place)
    JOIN {_WALLET} ON account_id = given.whose ORDER BY given.place"""  # noqa: S608 - our own names
_MOVE = f"UPDATE {_WALLET} SET balance = balance - %s, held = held - %s WHERE account_id = %s"  # noqa: S608
_ENTER = f"""
    INSERT INTO {_ENTRIES} (transaction_id, wallet_id, house, amount, balance_after, at)
    SELECT %s, account_id, '', %s, balance + %s, %s FROM {_WALLET} WHERE account_id = %s"""  # noqa: S608


def _pieces(lines: Iterable[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while piece := list(islice(rest, _PIECE)):
        yield piece


def _lock(pks: Iterable[int]) -> dict[int, _Balance]:
    return {pk: _Balance(*found) for pk, found in locked_balances(pks).items()}


def _write(
    piece: Sequence[Line],
    same: Mapping[str, Any],
    balances: Mapping[int, _Balance],
    house: House,
    now: datetime,
) -> None:
    keys = keys_for(Transaction, len(piece))
    transactions: list[tuple[Any, ...]] = []
    entries: list[tuple[Any, ...]] = []
    for pk, line in zip(keys, piece, strict=True):
        amount = to_micros(line.amount)
        own = {
            "id": pk,
            "account_id": line.account_pk,
            "amount": abs(amount),
            "reference": line.reference,
            "memo": line.memo,
            "idempotency_key": line.key,
            "input_hash": line.digest,
        }
        values = {**same, **own}
        transactions.append(tuple(values[name] for name in _TRANSACTION))
        entries.append(
            (pk, line.account_pk, "", amount, _move(balances, line.account_pk, amount), now)
        )
        entries.append((pk, None, house.value, -amount, None, now))
    insert_many(Transaction, _TRANSACTION, transactions)
    insert_many(Entry, _ENTRY, entries)


def _move(balances: Mapping[int, _Balance], pk: int, amount: int) -> int:
    balance = balances[pk]
    balance.micros += amount
    if amount < 0 and balance.floor is not None and balance.micros < balance.floor:
        wallet = Wallet.objects.select_related("account").get(pk=pk)
        raise insufficient(wallet, Decimal(balance.micros - to_micros(wallet.balance)).scaleb(-6))
    if amount > 0 and balance.micros > _MOST:
        raise too_large(Wallet.objects.select_related("account").get(pk=pk))
    return balance.micros


_TRANSACTION = (
    "id", "at", "kind", "account_id", "amount", "method", "reference", "memo", "login_id", "actor",
    "by_account_id", "reverses_id", "batch", "idempotency_key", "input_hash", "request_id",
)  # fmt: skip
_ENTRY = ("transaction_id", "wallet_id", "house", "amount", "balance_after", "at")


def _save(balances: Mapping[int, _Balance]) -> None:
    """One write per wallet, whatever happened to it."""
    table = Wallet._meta.db_table
    rows = [(balance.micros, pk) for pk, balance in balances.items()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"UPDATE {table} wallet SET balance = new.balance"  # noqa: S608 - our own name
                " FROM unnest(%s::bigint[], %s::bigint[]) AS new (balance, pk)"
                " WHERE wallet.account_id = new.pk",
                [[balance for balance, _pk in rows], [pk for _balance, pk in rows]],
            )
            return
        cursor.executemany(f"UPDATE {table} SET balance = %s WHERE account_id = %s", rows)  # noqa: S608

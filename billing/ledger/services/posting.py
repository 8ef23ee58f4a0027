"""`post`: the only function that moves money.

A transaction, its entries and the balances change together, in a handful of plain statements:
wallets by descending key, each moved and checked by one UPDATE, so that nothing read
earlier is ever written back. A wallet holds the balance after each entry; house accounts have no
row, so nothing is hot but the customer's own.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account, User
from accounts.core.record import ORIGIN
from accounts.kit.batches import batched
from accounts.kit.errors import Busy, NotAllowed, Refused
from accounts.kit.text import tidied
from billing.errors import BadAmount, InsufficientFunds, KeyReused
from billing.ledger.models import Entry, House, Transaction
from billing.money import MAX_BALANCE, shown, to_micros
from billing.wallets.models import Wallet

_WALLET, _ENTRY = Wallet._meta.db_table, Entry._meta.db_table
_TRANSACTION = Transaction._meta.db_table
_AT_ONCE = 5000
_LONGEST_REASON = 200
_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Leg:
    """One side of a movement. `is_limited`: refused where the wallet would fall below its limit or
    hold more than it can.
    """

    amount: Decimal
    wallet: int | None = None
    house: House | None = None
    is_limited: bool = True


@dataclass(frozen=True)
class Movement:
    """What is to be posted. `legs` sum to zero; `about` goes into the input's hash as well."""

    kind: str
    account: Account
    amount: Decimal
    legs: tuple[Leg, ...]
    method: str = ""
    reference: str = ""
    memo: str = ""
    reverses: Transaction | None = None
    # Of a transfer: the account the money comes from.
    source: Account | None = None
    batch: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    # None: now. Commands alone post what was earlier.
    at: datetime | None = None


def into(wallet: Account, amount: Decimal, house: House) -> tuple[Leg, Leg]:
    """The two legs of a movement between a wallet and a house account (negative: out of it)."""
    return Leg(amount, wallet=wallet.pk), Leg(-amount, house=house)


def between(payer: Account, payee: Account, amount: Decimal) -> tuple[Leg, Leg]:
    """The two legs of a transfer."""
    return Leg(-amount, wallet=payer.pk), Leg(amount, wallet=payee.pk)


def locked_wallets(account_pks: Iterable[int]) -> dict[int, Wallet]:
    """The wallets of these accounts, locked until the end of the transaction, in the one order
    that everybody keeps: by descending key.
    """
    return {one.pk: one for some in _locked(account_pks) for one in some}


def locked_balances(account_pks: Iterable[int]) -> dict[int, tuple[int, int | None]]:
    """Locks the wallets as `locked_wallets` does; of each the balance and how far it may go down
    (None: without end), in micro-units. For thousands of them.
    """
    found: dict[int, tuple[int, int | None]] = {}
    for some in _locked(account_pks):
        rows = some.annotate(
            now=Cast("balance", BigIntegerField()),
            floor=Cast("held", BigIntegerField()) - Cast("credit_limit", BigIntegerField()),
        )
        for pk, now, floor, is_unlimited in rows.values_list("pk", "now", "floor", "is_unlimited"):
            found[pk] = (now, None if is_unlimited else floor)
    return found


def _locked(account_pks: Iterable[int]) -> Iterator[QuerySet[Wallet]]:
    for pks in batched(sorted(set(account_pks), reverse=True), _AT_ONCE):
        some = Wallet.objects.filter(account__pk__among=pks).order_by("-pk")
        yield some.select_for_update()


def check_is_now(at: datetime | None) -> None:
    """Raise NotAllowed for a time of posting that comes with a request: commands alone have one."""
    if at is not None and ORIGIN.get() is not None:
        raise NotAllowed(_("Payments are made now, not earlier."), code="paid_earlier")


def key_of_person(key: str) -> str:
    """The idempotency key that came with a form. Raises Refused for one that no form has.

    Keys that the portal makes itself hold a colon, so that nobody can take one beforehand.
    """
    key = key.strip()
    if not _KEY.fullmatch(key):
        raise Refused(_("Open the form anew to pay."), code="bad_key")
    return key


def reason_in_memo(reason: str) -> str:
    """The reason of a correction as its memo holds it, where both sides read it. Raises Refused
    (field `reason`) without one, or for one that is too long.
    """
    reason = tidied(reason)
    if not reason:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")
    if len(reason) > _LONGEST_REASON:
        raise Refused(
            _("Use at most %(max)s characters.") % {"max": _LONGEST_REASON},
            code="too_long",
            field="reason",
        )
    return reason


def input_hash(values: Mapping[str, Any]) -> str:
    """A digest of what somebody asked for: the same key must come with the same input."""
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def posted_before(login: User | None, key: str, digest: str) -> Transaction | None:
    """The transaction this login posted with this key, if there is one. Raises KeyReused when it
    was for something else. Ask it only after scope and authorization were checked.
    """
    first = (
        Transaction.objects.filter(login=login, idempotency_key=key)
        .select_related("account")
        .first()
    )
    if first is not None and first.input_hash != digest:
        raise KeyReused(
            _("This form was used for another payment before. Open it anew to pay."),
            code="key_reused",
        )
    return first


def first_or(
    actor: Actor, key: str, digest: str, judge: Callable[[], Movement]
) -> Transaction | Movement:
    """The transaction this login posted with this key, or what `judge` permits to be posted.

    Where `judge` refuses, the key is looked for once more: the same form, sent at the same moment,
    may have been faster, and what stands against this one is what that one did. Raises as
    `posted_before`, and what `judge` raises.
    """
    first = posted_before(actor.user, key, digest)
    if first is not None:
        return first
    try:
        return judge()
    except Refused:
        first = posted_before(actor.user, key, digest)
        if first is None:
            raise
        return first


def post(actor: Actor, movement: Movement, *, key: str, digest: str) -> Transaction:
    """Post one movement and return its transaction; call it inside a transaction.

    With a key used before by the same login nothing is posted, and the first transaction comes
    back, which is not `is_new`. Raises InsufficientFunds, BadAmount, KeyReused, Refused for a
    second reversal, Busy where an account was deleted meanwhile; whoever catches one of them lets
    the surrounding transaction go.
    """
    if sum(leg.amount for leg in movement.legs) != 0:
        raise AssertionError("The legs of a movement sum to zero.")
    made = _write(actor, movement, key, digest)
    if made is not None:
        return made
    # The key was used before, or the same form came twice at once and the other one was faster.
    first = posted_before(actor.user, key, digest)
    if first is None:
        raise Refused(_("This payment was reversed already."), code="already_reversed")
    return first


def _write(actor: Actor, movement: Movement, key: str, digest: str) -> Transaction | None:
    """The posted transaction; None, and nothing moved, when its key or its origin is taken."""
    now = movement.at or timezone.now()
    origin = ORIGIN.get()
    made = Transaction(
        at=now,
        kind=movement.kind,
        account=movement.account,
        amount=movement.amount,
        method=movement.method,
        reference=movement.reference,
        memo=movement.memo,
        login=actor.user,
        actor=actor.login,
        by_account_id=actor.account_pk,
        reverses=movement.reverses,
        source=movement.source,
        batch=movement.batch,
        idempotency_key=key,
        input_hash=digest,
        request_id=origin.request_id[:64] if origin else "",
    )
    # Plain values: going through every field's preparation would double the cost of a posting.
    at = connection.ops.adapt_datetimefield_value(now)
    values = {**made.__dict__, "at": at, "amount": to_micros(movement.amount)}
    with connection.cursor() as cursor:
        made.pk = _insert(cursor, values)
        if made.pk is None:
            return None
        after: dict[int | None, int] = {
            leg.wallet: _move(cursor, leg)
            for leg in sorted(movement.legs, key=lambda one: one.wallet or 0, reverse=True)
            if leg.wallet is not None
        }
        _insert_entries(cursor, made.pk, movement.legs, after, at)
    made.is_new = True
    made._state.adding = False
    made._state.db = connection.alias
    return made


def _move(cursor: Any, leg: Leg) -> int:
    """Change one balance; return it in micro-units. The limit is checked by the same statement."""
    amount = to_micros(leg.amount)
    allowed, values = "", [amount, leg.wallet]
    if leg.is_limited and amount < 0:
        allowed = " AND (is_unlimited OR balance + credit_limit - held + %s >= 0)"
        values.append(amount)
    elif leg.is_limited:
        allowed = " AND balance <= %s"
        values.append(to_micros(MAX_BALANCE) - amount)
    cursor.execute(
        f"UPDATE {_WALLET} SET balance = balance + %s"  # noqa: S608 - names of our own tables
        f" WHERE account_id = %s{allowed} RETURNING balance",
        values,
    )
    row = cursor.fetchone()
    if row is None:
        wallet = Wallet.objects.select_related("account").filter(pk=leg.wallet).first()
        if wallet is None:
            # Its account was deleted meanwhile: whoever comes again reads that.
            raise Busy
        raise insufficient(wallet, leg.amount) if amount < 0 else too_large(wallet)
    return int(row[0])


def insufficient(wallet: Wallet, amount: Decimal) -> InsufficientFunds:
    """The refusal of taking out `amount` (negative), saying how much is missing."""
    available = wallet.available or Decimal(0)
    return InsufficientFunds(
        _("%(account)s has %(available)s available; %(missing)s are missing.")
        % {
            "account": wallet.account.account_id,
            "available": shown(available),
            "missing": shown(-amount - available),
        },
        code="insufficient_funds",
        field="amount",
    )


def too_large(wallet: Wallet) -> BadAmount:
    """The refusal of paying into a wallet more than it can hold."""
    return BadAmount(
        _("This amount is too large for the balance of %(account)s.")
        % {"account": wallet.account.account_id},
        code="too_large",
        field="amount",
    )


# What `_insert` writes, in this order.
_COLUMNS = (
    "at", "kind", "account_id", "amount", "method", "reference", "memo", "login_id", "actor",
    "by_account_id", "reverses_id", "source_id", "batch", "idempotency_key", "input_hash",
    "request_id",
)  # fmt: skip
_INSERT = f"INSERT INTO {_TRANSACTION} ({', '.join(_COLUMNS)})"
_VALUES = ", ".join(["%s"] * len(_COLUMNS))
# What else is unique about a transaction, as SQLite's guard asks for it.
TRANSACTION_KEYS = (
    "idempotency_key = NEW.idempotency_key AND login_id IS NEW.login_id",
    "reverses_id = NEW.reverses_id",
    "kind = 'settled' AND NEW.kind = 'settled' AND account_id = NEW.account_id",
)


def _insert(cursor: Any, values: Mapping[str, Any]) -> int | None:
    """Insert the transaction; its primary key, or None when its key or its origin is taken."""
    row = [values[name] for name in _COLUMNS]
    if connection.vendor == "postgresql":
        cursor.execute(f"{_INSERT} VALUES ({_VALUES}) ON CONFLICT DO NOTHING RETURNING id", row)
    else:
        # The guard would refuse what ON CONFLICT let pass. Nobody else writes meanwhile.
        taken = " OR ".join(
            f"EXISTS (SELECT 1 FROM {_TRANSACTION} WHERE {same})"  # noqa: S608
            for same in ("idempotency_key = %s AND login_id IS %s", "reverses_id = %s")
        )
        names = ("idempotency_key", "login_id", "reverses_id")
        cursor.execute(
            f"{_INSERT} SELECT {_VALUES} WHERE NOT ({taken}) RETURNING id",
            [*row, *(values[name] for name in names)],
        )
    inserted = cursor.fetchone()
    return None if inserted is None else int(inserted[0])


_ENTRY_COLUMNS = ("transaction_id", "wallet_id", "house", "amount", "balance_after", "at")


def _insert_entries(
    cursor: Any, pk: int, legs: Iterable[Leg], after: Mapping[int | None, int], at: Any
) -> None:
    rows: list[Any] = []
    marks = []
    for leg in legs:
        marks.append(f"({', '.join(['%s'] * len(_ENTRY_COLUMNS))})")
        rows += [
            pk,
            leg.wallet,
            leg.house.value if leg.house else "",
            to_micros(leg.amount),
            after.get(leg.wallet),
            at,
        ]
    cursor.execute(
        f"INSERT INTO {_ENTRY} ({', '.join(_ENTRY_COLUMNS)}) VALUES {', '.join(marks)}",  # noqa: S608
        rows,
    )

"""What the ledger costs at size: single postings, payments, batches, and its pages."""

import random
import resource
import secrets
from collections.abc import Callable, Iterator
from decimal import Decimal
from time import perf_counter

from django.db import connection, transaction
from django.test.utils import override_settings
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.load import Draft, accounts_load
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.ledger.services.batches import Line as BatchLine
from billing.ledger.services.batches import post_many
from billing.ledger.services.posting import Movement, input_hash, into, post
from billing.payments.services.paying import Payment, payment_make
from billing.wallets.models import Wallet
from vosportal.benchmarks import ledger_pages
from vosportal.benchmarks.measure import Line
from vosportal.benchmarks.together import per_second

_PROCESSES = 8
_TURNS = 2
_ACCOUNTS = 1000
_BATCH_AIM = 25_000.0  # rows per second on PostgreSQL
_AMOUNT = Decimal("1.25")


def run(
    *, lines: int, entries: int, rounds: int, seconds: float, say: Callable[[str], None]
) -> list[Line]:
    """Make accounts in the connected (scratch) database and measure; batches have `lines` lines,
    each run of the processes takes `seconds`; pages are medians of `rounds` in a ledger whose
    wallets hold `entries` entries. `say` hears of progress.
    """
    say(f"Loading {2 * _ACCOUNTS:,} accounts …")
    accounts_load(
        actor=SYSTEM,
        drafts=[
            draft
            for agent in ("Top", "Rare")
            for draft in (
                Draft(agent, agent),
                *(Draft(f"{agent}-{number}", "x", agent) for number in range(_ACCOUNTS)),
            )
        ],
    )
    everybody = Account.objects.within(SYSTEM.scope).select_related("wallet")
    accounts, rare = (
        list(everybody.filter(parent__account_id=agent).order_by("pk")) for agent in ("Top", "Rare")
    )
    found: list[Line] = []
    # Measured as production works: no list of statements is kept.
    with override_settings(DEBUG=False):
        for name, some in (("spread", accounts), ("hot", accounts[:1])):
            say(f"Posting with {_PROCESSES} processes, {name} …")
            found += _single(name, some, seconds)
        say(f"Posting {lines:,} lines at once …")
        found.append(_batch(accounts, lines))
    say(f"Opening pages of {entries:,} entries …")
    ledger_pages.fill(accounts, rare, entries)
    top, other = (everybody.get(account_id=agent) for agent in ("Top", "Rare"))
    found += ledger_pages.lines(top, other, accounts[0], rounds)
    problems = ledger_problems()
    if problems or trial_balance():
        raise RuntimeError(f"The ledger is damaged after all this: {problems}")
    return found


def _single(name: str, accounts: list[Account], seconds: float) -> list[Line]:
    """`post` and the payment service beside a bare transaction that writes the same rows."""

    def posting(process: int, number: int) -> None:
        account = random.choice(accounts)  # noqa: S311 - spreads work, guards nothing
        movement = Movement("recharge", account, _AMOUNT, into(account, _AMOUNT, House.CASH))
        with transaction.atomic():
            post(SYSTEM, movement, key=secrets.token_hex(16), digest=input_hash({"n": number}))

    def paying(process: int, number: int) -> None:
        payment_make(
            actor=SYSTEM,
            account=random.choice(accounts),  # noqa: S311
            payment=Payment("recharge", _AMOUNT),
            idempotency_key=secrets.token_hex(16),
        )

    bare = _Bare(accounts)
    rates = {posting: 0.0, paying: 0.0, bare.write: 0.0}
    for _turn in range(_TURNS):
        # They take turns, so that whatever else the machine does meets all of them.
        for work in rates:
            rates[work] += per_second(work, processes=_PROCESSES, seconds=seconds) / _TURNS
    beside = "bare transaction writing the same rows"
    return [
        Line(f"post(), {name}", rates[posting], beside, rates[bare.write], "/s"),
        Line(f"payment service, {name}", rates[paying], beside, rates[bare.write], "/s"),
    ]


class _Bare:
    """The statements of one recharge and nothing else: no rule, no check, no key looked up."""

    def __init__(self, accounts: list[Account]) -> None:
        self.accounts = [one.pk for one in accounts]
        self.wallet, self.entry = Wallet._meta.db_table, Entry._meta.db_table
        self.transaction = Transaction._meta.db_table
        self.micros = 1_250_000

    def write(self, process: int, number: int) -> None:
        pk = random.choice(self.accounts)  # noqa: S311
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.wallet} SET balance = balance + %s"  # noqa: S608 - own names
                " WHERE account_id = %s RETURNING balance",
                [self.micros, pk],
            )
            balance = cursor.fetchone()[0]
            cursor.execute(
                f"INSERT INTO {self.transaction} (at, kind, account_id, amount, method, reference,"  # noqa: S608
                " memo, actor, batch, idempotency_key, input_hash, request_id) VALUES"
                " (%s, 'recharge', %s, %s, '', '', '', 'system', '', %s, '', '') RETURNING id",
                [now, pk, self.micros, secrets.token_hex(16)],
            )
            made = cursor.fetchone()[0]
            cursor.execute(
                f"INSERT INTO {self.entry}"  # noqa: S608
                " (transaction_id, wallet_id, house, amount, balance_after, at)"
                " VALUES (%s, %s, '', %s, %s, %s), (%s, NULL, 'cash', %s, NULL, %s)",
                [made, pk, self.micros, balance, now, made, -self.micros, now],
            )


def _batch(accounts: list[Account], size: int) -> Line:
    """A batch of many lines over all accounts, and how much memory it took."""
    batch = secrets.token_hex(8)

    def lines() -> Iterator[BatchLine]:
        for number in range(size):
            account = accounts[number % len(accounts)]
            yield BatchLine(account.pk, _AMOUNT, f"{batch}-{number}", "benchmark")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = perf_counter()
    with transaction.atomic():
        post_many(SYSTEM, lines, kind="recharge", batch=batch)
    taken = perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    # A line is a transaction and its two entries.
    return Line(
        f"batch of {size:,} lines, in rows (memory +{grown:.0f} MB)",
        3 * size / taken,
        "aim (PostgreSQL)",
        _BATCH_AIM,
        "/s",
    )

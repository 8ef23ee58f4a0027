"""Checks of the ledger in SQL: nothing lost, nothing made up, nothing changed."""

from dataclasses import dataclass

from django.db import connection

from accounts.core.privileges import weaknesses
from accounts.kit.findings import Findings
from billing.cards.models import Card, CardBatch
from billing.holds.models import Estimate, Hold
from billing.ledger.models import Entry, Transaction
from billing.money import from_micros, shown
from billing.wallets.models import Wallet

_ENTRY, _WALLET = Entry._meta.db_table, Wallet._meta.db_table
_TRANSACTION = Transaction._meta.db_table
_HOLD, _ESTIMATE = Hold._meta.db_table, Estimate._meta.db_table
_CARD, _BATCH = Card._meta.db_table, CardBatch._meta.db_table
_SHOWN = 10


@dataclass(frozen=True)
class LedgerProblem:
    """One broken rule: in words, how often, and some of the keys concerned."""

    rule: str
    rows: int
    keys: tuple[str, ...]

    def __str__(self) -> str:
        more = " …" if self.rows > len(self.keys) else ""
        return f"{self.rows} × {self.rule}: {', '.join(self.keys)}{more}"


# Each query yields the key of every offending row. Names are our own; nothing else is in the text.
_CHECKS = {
    "a transaction whose entries do not sum to zero": f"""
        SELECT transaction_id FROM {_ENTRY} GROUP BY transaction_id HAVING SUM(amount) <> 0""",  # noqa: S608
    "a transaction without its entries": f"""
        SELECT one.id FROM {_TRANSACTION} one
        WHERE (SELECT COUNT(*) FROM {_ENTRY} side WHERE side.transaction_id = one.id) < 2""",  # noqa: S608
    "a transaction whose amount is not that of its entries": f"""
        SELECT one.id FROM {_TRANSACTION} one JOIN {_ENTRY} side ON side.transaction_id = one.id
        WHERE ABS(side.amount) <> one.amount""",  # noqa: S608
    "a balance that is not the sum of its entries": f"""
        SELECT wallet.account_id FROM {_WALLET} wallet LEFT JOIN (
            SELECT wallet_id, SUM(amount) AS total FROM {_ENTRY}
            WHERE wallet_id IS NOT NULL GROUP BY wallet_id
        ) entries ON entries.wallet_id = wallet.account_id
        WHERE wallet.balance <> COALESCE(entries.total, 0)""",  # noqa: S608
    "a wallet that holds something else than its calls and records do": f"""
        SELECT wallet.account_id FROM {_WALLET} wallet LEFT JOIN (
            SELECT account_id, SUM(amount) AS total FROM (
                SELECT account_id, amount FROM {_HOLD}
                UNION ALL SELECT account_id, amount FROM {_ESTIMATE}
            ) open GROUP BY account_id
        ) holds ON holds.account_id = wallet.account_id
        WHERE wallet.held <> COALESCE(holds.total, 0)""",  # noqa: S608
    "an entry whose balance does not follow from the one before": f"""
        SELECT id FROM (
            SELECT id, balance_after, SUM(amount) OVER (
                PARTITION BY wallet_id ORDER BY id ROWS UNBOUNDED PRECEDING
            ) AS running FROM {_ENTRY} WHERE wallet_id IS NOT NULL
        ) entries WHERE running <> balance_after""",  # noqa: S608
    "a reversal that does not mirror its origin": f"""
        SELECT back.id FROM {_TRANSACTION} back JOIN {_TRANSACTION} first
            ON first.id = back.reverses_id
        WHERE back.amount <> first.amount OR back.account_id <> first.account_id
           OR first.reverses_id IS NOT NULL""",  # noqa: S608
    "a reversal whose entries are not those of its origin": f"""
        SELECT id FROM (
            SELECT back.id, side.wallet_id, side.house, side.amount
            FROM {_TRANSACTION} back JOIN {_ENTRY} side
                ON side.transaction_id IN (back.id, back.reverses_id)
            WHERE back.reverses_id IS NOT NULL
        ) sides GROUP BY id, wallet_id, house HAVING SUM(amount) <> 0""",  # noqa: S608
    "an account without a wallet": f"""
        SELECT account.id FROM accounts_account account LEFT JOIN {_WALLET} wallet
            ON wallet.account_id = account.id WHERE wallet.account_id IS NULL""",  # noqa: S608
    "a used card whose transaction is another one": f"""
        SELECT card.id FROM {_CARD} card JOIN {_BATCH} batch ON batch.id = card.batch_id
            LEFT JOIN {_TRANSACTION} one ON one.id = card.transaction_id
        WHERE card.activated_at IS NOT NULL AND (one.id IS NULL OR one.kind <> 'card'
            OR one.account_id <> card.account_id OR one.amount <> batch.face_value
            OR one.reference <> card.serial)""",  # noqa: S608
    "a transaction of a card that was not used": f"""
        SELECT one.id FROM {_TRANSACTION} one LEFT JOIN {_CARD} card
            ON card.transaction_id = one.id WHERE one.kind = 'card' AND card.id IS NULL""",  # noqa: S608
    "a card that was used before it was released": f"""
        SELECT id FROM {_CARD} WHERE activated_at IS NOT NULL
            AND (released_at IS NULL OR released_at > activated_at)""",  # noqa: S608
    "a batch that counts other cards as released than are": f"""
        SELECT batch.id FROM {_BATCH} batch LEFT JOIN (
            SELECT batch_id, COUNT(*) AS n, SUM(CASE WHEN activated_at IS NULL
                AND withdrawn_at IS NULL AND expires_at IS NULL THEN 1 ELSE 0 END) AS still
            FROM {_CARD} WHERE released_at IS NOT NULL GROUP BY batch_id
        ) cards ON cards.batch_id = batch.id
        WHERE batch.released <> COALESCE(cards.n, 0)
           OR batch.open_cards <> COALESCE(cards.still, 0)
           OR (batch.activated_at IS NULL AND batch.released > 0)""",  # noqa: S608
}


def ledger_problems() -> list[LedgerProblem]:
    """Every broken rule; an empty list means the ledger is sound."""
    problems = []
    with connection.cursor() as cursor:
        for rule, sql in _CHECKS.items():
            cursor.execute(f"SELECT COUNT(*) FROM ({sql}) broken")  # noqa: S608
            count = cursor.fetchone()[0]
            if count:
                cursor.execute(f"{sql} LIMIT {_SHOWN}")
                keys = tuple(str(row[0]) for row in cursor.fetchall())
                problems.append(LedgerProblem(rule, count, keys))
    return problems


def trial_balance() -> int:
    """The sum of all entries in micro-units: zero in a sound ledger."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(SUM(amount), 0) FROM {_ENTRY}")  # noqa: S608
        return int(cursor.fetchone()[0])


def ledger_found() -> Findings:
    """What a check of all that and of the guards and privileges found, for whoever runs the
    portal.
    """
    total = trial_balance()
    problems = [*map(str, ledger_problems()), *weaknesses()]
    told = f"Trial balance: {shown(from_micros(total))}"
    return Findings((*problems, told), is_sound=not problems and not total)

"""Checks of calls in SQL: every leg is charged as a whole, charges are what the ledger moved, and
the totals are what the charges add up to.
"""

from django.db import connection

from accounts.core.models import Account
from accounts.kit.findings import Findings
from billing.calls.models import CallRecord, Leg, LegKey
from billing.charging.models import Charge, DayTotal, QuarterTotal, VolumeCredit
from billing.ledger.models import Entry, Transaction
from billing.wallets.models import Standing, Wallet

_LEG, _CHARGE, _RECORD = Leg._meta.db_table, Charge._meta.db_table, CallRecord._meta.db_table
_ENTRY, _TRANSACTION = Entry._meta.db_table, Transaction._meta.db_table
_STANDING, _WALLET = Standing._meta.db_table, Wallet._meta.db_table
_ACCOUNT = Account._meta.db_table
_SHOWN = 10

# Sums of charges by account, reversed ones taken off, beside those of a table of totals.
_TOTALS = """
        SELECT account_id FROM (
            SELECT account_id, is_cost, billed, amount FROM {charges}
            UNION ALL
            SELECT account_id, is_cost, -billed, -amount FROM {totals}
        ) both_sides GROUP BY account_id, is_cost
        HAVING SUM(billed) <> 0 OR SUM(amount) <> 0"""

# Each query yields the key of every offending row. Names are our own; nothing else is in the text.
_CHECKS = {
    "a movement of calls that is not what its charges add up to": f"""
        SELECT one.id FROM {_TRANSACTION} one
            JOIN {_ENTRY} side ON side.transaction_id = one.id AND side.wallet_id IS NOT NULL
            LEFT JOIN (
                SELECT transaction_id, SUM(amount) AS total, MIN(account_id) AS lowest,
                    MAX(account_id) AS highest
                FROM {_CHARGE} WHERE transaction_id IS NOT NULL GROUP BY transaction_id
            ) lines ON lines.transaction_id = one.id
        WHERE one.kind = 'call' AND (lines.total IS NULL OR lines.total <> -side.amount
            OR lines.lowest <> side.wallet_id OR lines.highest <> side.wallet_id)""",  # noqa: S608
    "a charge behind a movement that is none of calls": f"""
        SELECT charge.id FROM {_CHARGE} charge
            LEFT JOIN {_TRANSACTION} one ON one.id = charge.transaction_id
        WHERE charge.transaction_id IS NOT NULL AND (one.id IS NULL OR one.kind <> 'call')""",  # noqa: S608
    "charges that nothing was moved for": f"""
        SELECT MIN(id) FROM {_CHARGE} WHERE transaction_id IS NULL
        GROUP BY account_id, is_cost, posted_at HAVING SUM(amount) <> 0""",  # noqa: S608
    "a charge that is not its price times its seconds": f"""
        SELECT id FROM {_CHARGE} WHERE ABS(amount) <> CASE WHEN billed = 0 THEN 0
            ELSE (price * ABS(billed) + 30) / 60 + connection_fee END""",  # noqa: S608
    "a charge of no leg": f"""
        SELECT charge.id FROM {_CHARGE} charge LEFT JOIN {_LEG} leg ON leg.id = charge.leg_id
        WHERE leg.id IS NULL""",  # noqa: S608
    "a leg that is not charged to every level once": f"""
        SELECT leg.id FROM {_LEG} leg LEFT JOIN (
            SELECT leg_id, SUM(CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END) AS lines,
                SUM(CASE WHEN reverses_id IS NULL THEN level ELSE -level END) AS levels,
                SUM(CASE WHEN level > 0 THEN 0 WHEN reverses_id IS NULL THEN account_id
                    ELSE -account_id END) AS whose
            FROM {_CHARGE} WHERE NOT is_cost GROUP BY leg_id
        ) charged ON charged.leg_id = leg.id
        WHERE leg.answer IS NOT NULL AND leg.duration > 0 AND (charged.lines IS NULL
            OR charged.lines < 1 OR charged.levels * 2 <> charged.lines * (charged.lines - 1)
            OR charged.whose <> leg.account_id)""",  # noqa: S608
    "a leg that cost nothing and is charged": f"""
        SELECT leg.id FROM {_LEG} leg JOIN {_CHARGE} charge ON charge.leg_id = leg.id
        WHERE leg.answer IS NULL OR leg.duration = 0""",  # noqa: S608
    "a leg whose cost is neither charged nor waiting": f"""
        SELECT leg.id FROM {_LEG} leg
        WHERE leg.answer IS NOT NULL AND leg.duration > 0 AND leg.routing_gateway <> ''
          AND 1 <> (SELECT COUNT(*) FROM {_RECORD} record
                    WHERE record.leg = leg.id AND record.part = 'cost')
                 + (SELECT COALESCE(SUM(CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END), 0)
                    FROM {_CHARGE} charge WHERE charge.leg_id = leg.id AND charge.is_cost)""",  # noqa: S608
    "an account whose quarters do not add up to its charges": _TOTALS.format(
        charges=_CHARGE, totals=QuarterTotal._meta.db_table
    ),
    "an account whose days do not add up to its charges": _TOTALS.format(
        charges=_CHARGE, totals=DayTotal._meta.db_table
    ),
    "an account whose own legs are counted wrongly": f"""
        SELECT account_id FROM (
            SELECT account_id, 1 AS legs, CASE WHEN answer IS NULL THEN 0 ELSE 1 END AS answered,
                duration AS seconds FROM {_LEG}
            UNION ALL
            SELECT account_id, -legs, -answered, -seconds
            FROM {QuarterTotal._meta.db_table} WHERE is_own AND NOT is_cost
        ) both_sides GROUP BY account_id
        HAVING SUM(legs) <> 0 OR SUM(answered) <> 0 OR SUM(seconds) <> 0""",  # noqa: S608
    "a volume discount that is not what was posted for it": f"""
        SELECT one.id FROM {_TRANSACTION} one
            JOIN {_ENTRY} side ON side.transaction_id = one.id AND side.wallet_id IS NOT NULL
            LEFT JOIN (
                SELECT transaction_id, SUM(posted) AS total FROM {VolumeCredit._meta.db_table}
                GROUP BY transaction_id
            ) credits ON credits.transaction_id = one.id
        WHERE one.kind = 'volume' AND (credits.total IS NULL OR credits.total <> side.amount)""",  # noqa: S608
    "an account that does not stand where it was noted last": f"""
        SELECT account.id FROM {_ACCOUNT} account
            JOIN {_WALLET} wallet ON wallet.account_id = account.id
            LEFT JOIN {_STANDING} standing ON standing.account_id = account.id
                AND standing.since = (SELECT MAX(since) FROM {_STANDING} latest
                                      WHERE latest.account_id = account.id)
        WHERE standing.id IS NULL
           OR COALESCE(standing.agent_id, 0) <> COALESCE(account.parent_id, 0)
           OR COALESCE(standing.rate_group_id, 0) <> COALESCE(wallet.rate_group_id, 0)""",  # noqa: S608
}


def calls_found() -> Findings:
    """Every rule of calls that is broken, for whoever runs the portal."""
    problems = []
    with connection.cursor() as cursor:
        for rule, sql in _CHECKS.items():
            cursor.execute(f"SELECT COUNT(*) FROM ({sql}) broken")  # noqa: S608
            count = cursor.fetchone()[0]
            if count:
                cursor.execute(f"{sql} LIMIT {_SHOWN}")
                keys = ", ".join(str(row[0]) for row in cursor.fetchall())
                more = " …" if count > _SHOWN else ""
                problems.append(f"{count} × {rule}: {keys}{more}")
    legs, keys_met = Leg.objects.count(), LegKey.objects.count()
    first = CallRecord.objects.filter(is_first=True, part=CallRecord.Part.CHAIN).count()
    if keys_met < legs + first:
        problems.append(f"{legs + first - keys_met} legs or records whose key is not known")
    waiting = CallRecord.objects.waiting().count()
    inbox = CallRecord.objects.inbox().count()
    counted = f"{legs} legs, {Charge.objects.count()} charges, {waiting} in the queue, {inbox} new."
    return Findings.of(problems, besides=[counted])

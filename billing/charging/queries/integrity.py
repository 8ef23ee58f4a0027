"""Checks of calls in SQL: every leg is charged as a whole, charges are what the ledger moved, and
the totals are what the charges add up to.
"""

from datetime import timedelta

from django.db import connection
from django.db.models import F, Sum
from django.utils import timezone

from accounts.core.models import Account
from accounts.kit.findings import Findings
from billing.calls.models import ArchivedLine, ArchivedMonth, ArchivedSum, CallRecord, Leg, LegKey
from billing.charging.models import (
    Charge,
    DayTotal,
    PlatformDay,
    PlatformQuarter,
    QuarterTotal,
    TopDay,
    VolumeCredit,
)
from billing.charging.queries.archive import COST_OF_LEGS
from billing.charging.queries.volumes import miscounted
from billing.holds.models import Estimate, Hold, RunningCall
from billing.holds.queries import without_end
from billing.ledger.models import Entry, Transaction
from billing.wallets.models import Standing, Wallet

_LEG, _CHARGE, _RECORD = Leg._meta.db_table, Charge._meta.db_table, CallRecord._meta.db_table
_ENTRY, _TRANSACTION = Entry._meta.db_table, Transaction._meta.db_table
_STANDING, _WALLET = Standing._meta.db_table, Wallet._meta.db_table
_ACCOUNT = Account._meta.db_table
_ARCHIVED, _SUM = ArchivedLine._meta.db_table, ArchivedSum._meta.db_table
_HOLD, _CALL = Hold._meta.db_table, RunningCall._meta.db_table
_ESTIMATE = Estimate._meta.db_table
_SHOWN = 10
# The clock of running calls finds what is lost within minutes.
_UNNOTICED = timedelta(hours=1)

# The lines behind movements, and what archived months had of them.
_LINES = f"""(SELECT id, transaction_id, account_id, is_cost, posted_at, amount FROM {_CHARGE}
            UNION ALL
            SELECT -id, transaction_id, account_id, is_cost, posted_at, amount FROM {_ARCHIVED})"""  # noqa: S608

# Sums of charges by account, reversed ones taken off, beside those of a table of totals.
_TOTALS = """
        SELECT account_id FROM (
            SELECT account_id, is_cost, billed, amount FROM {charges}
            UNION ALL
            SELECT account_id, is_cost, billed, amount FROM {archived}
            UNION ALL
            SELECT account_id, is_cost, -billed, -amount FROM {totals}
        ) both_sides GROUP BY account_id, is_cost
        HAVING SUM(billed) <> 0 OR SUM(amount) <> 0"""

# What agents paid for their own sub-accounts' calls, at the sub-accounts and at themselves.
_BOUGHT = """
        SELECT agent FROM (
            SELECT agent_id AS agent, bought AS amount FROM {totals}
            WHERE NOT is_cost AND agent_id > 0
            UNION ALL
            SELECT account_id, -amount FROM {totals} WHERE NOT is_cost AND NOT is_own
        ) both_sides GROUP BY agent HAVING SUM(amount) <> 0"""

# What carriers are owed for the calls of top-level accounts, beside what their totals say.
_COST = """
        SELECT root FROM (
            SELECT root, amount FROM ({legs}) legs
            UNION ALL
            SELECT account_id, bought FROM {archived}
            UNION ALL
            SELECT account_id, -bought FROM {totals} WHERE NOT is_cost AND agent_id = 0
        ) both_sides GROUP BY root HAVING SUM(amount) <> 0"""

# What the platform is noted to have come to, beside the totals of who had no agent.
_OF_PLATFORM = """
        SELECT {by} FROM (
            SELECT {by}, legs, answered, seconds, billed, amount, {bought} AS bought FROM {totals}
            WHERE agent_id = 0
            UNION ALL
            SELECT {by}, -legs, -answered, -seconds, -billed, -amount, -{bought} FROM {kept}
        ) both_sides GROUP BY {by}
        HAVING SUM(legs) <> 0 OR SUM(answered) <> 0 OR SUM(seconds) <> 0 OR SUM(billed) <> 0
            OR SUM(amount) <> 0 OR SUM(bought) <> 0"""

# Each query yields the key of every offending row. Names are our own; nothing else is in the text.
_CHECKS = {
    "a movement of calls that is not what its charges add up to": f"""
        SELECT one.id FROM {_TRANSACTION} one
            JOIN {_ENTRY} side ON side.transaction_id = one.id AND side.wallet_id IS NOT NULL
            LEFT JOIN (
                SELECT transaction_id, SUM(amount) AS total, MIN(account_id) AS lowest,
                    MAX(account_id) AS highest
                FROM {_LINES} every WHERE transaction_id IS NOT NULL GROUP BY transaction_id
            ) lines ON lines.transaction_id = one.id
        WHERE one.kind = 'call' AND (lines.total IS NULL OR lines.total <> -side.amount
            OR lines.lowest <> side.wallet_id OR lines.highest <> side.wallet_id)""",  # noqa: S608
    "a charge behind a movement that is none of calls": f"""
        SELECT charge.id FROM {_LINES} charge
            LEFT JOIN {_TRANSACTION} one ON one.id = charge.transaction_id
        WHERE charge.transaction_id IS NOT NULL AND (one.id IS NULL OR one.kind <> 'call')""",  # noqa: S608
    "charges that nothing was moved for": f"""
        SELECT MIN(id) FROM {_LINES} every WHERE transaction_id IS NULL
        GROUP BY account_id, is_cost, posted_at HAVING SUM(amount) <> 0""",  # noqa: S608
    "a charge that is not its price times its seconds": f"""
        SELECT id FROM {_CHARGE} WHERE ABS(amount) <> CASE WHEN billed = 0 THEN 0
            ELSE (price * ABS(billed) + 30) / 60 + connection_fee END""",  # noqa: S608
    "a charge of no leg, or in another month than its leg": f"""
        SELECT charge.id FROM {_CHARGE} charge LEFT JOIN {_LEG} leg
            ON leg.id = charge.leg_id AND leg.setup = charge.setup
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
    "a leg that is there twice": f"""
        SELECT MIN(id) FROM {_LEG} leg GROUP BY source, call_id, leg
        HAVING COUNT(*) > 1""",  # noqa: S608
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
        charges=_CHARGE, archived=_SUM, totals=QuarterTotal._meta.db_table
    ),
    "an account whose days do not add up to its charges": _TOTALS.format(
        charges=_CHARGE, archived=_SUM, totals=DayTotal._meta.db_table
    ),
    "an agent whose sub-accounts' quarters do not add up to what it paid for their calls": (
        _BOUGHT.format(totals=QuarterTotal._meta.db_table)
    ),
    "an agent whose sub-accounts' days do not add up to what it paid for their calls": (
        _BOUGHT.format(totals=DayTotal._meta.db_table)
    ),
    "an account whose own legs are counted wrongly": f"""
        SELECT account_id FROM (
            SELECT account_id, 1 AS legs, CASE WHEN answer IS NULL THEN 0 ELSE 1 END AS answered,
                duration AS seconds FROM {_LEG}
            UNION ALL
            SELECT account_id, legs, answered, seconds FROM {_SUM} WHERE group_id IS NULL
            UNION ALL
            SELECT account_id, -legs, -answered, -seconds
            FROM {QuarterTotal._meta.db_table} WHERE is_own AND NOT is_cost
        ) both_sides GROUP BY account_id
        HAVING SUM(legs) <> 0 OR SUM(answered) <> 0 OR SUM(seconds) <> 0""",  # noqa: S608
    "a hold of no call": f"""
        SELECT hold.id FROM {_HOLD} hold LEFT JOIN {_CALL} running ON running.id = hold.call_id
        WHERE running.id IS NULL""",  # noqa: S608
    "a running call that does not hold at every level": f"""
        SELECT running.id FROM {_CALL} running LEFT JOIN (
            SELECT call_id, COUNT(*) AS levels FROM {_HOLD} GROUP BY call_id
        ) holds ON holds.call_id = running.id
        WHERE COALESCE(holds.levels, 0) <> running.levels""",  # noqa: S608
    "a hold for a record that does not wait, or is not the call of somebody": f"""
        SELECT estimate.id FROM {_ESTIMATE} estimate
            LEFT JOIN {_RECORD} record ON record.id = estimate.record_id
        WHERE record.id IS NULL OR record.state = 'written' OR record.part <> 'chain'
           OR record.account_id IS NULL
           OR estimate.account_id NOT IN (SELECT id FROM {_ACCOUNT})""",  # noqa: S608
    "a record that holds money twice, by itself and by the call that it ends": f"""
        SELECT estimate.id FROM {_ESTIMATE} estimate
            JOIN {_CALL} running ON running.record_id = estimate.record_id""",  # noqa: S608
    "a running call, or its hold, of an account that is not there": f"""
        SELECT running.id FROM {_CALL} running
        WHERE running.account_id NOT IN (SELECT id FROM {_ACCOUNT})
           OR EXISTS (SELECT 1 FROM {_HOLD} hold WHERE hold.call_id = running.id
                      AND hold.account_id NOT IN (SELECT id FROM {_ACCOUNT}))""",  # noqa: S608
    "a running call whose record is gone": f"""
        SELECT running.id FROM {_CALL} running
            LEFT JOIN {_RECORD} record ON record.id = running.record_id
        WHERE running.record_id IS NOT NULL AND record.id IS NULL""",  # noqa: S608
    "a call that is charged and still holds money": f"""
        SELECT running.id FROM {_CALL} running JOIN {_LEG} leg ON leg.source = running.source
            AND leg.call_id = running.call_id AND leg.leg = running.leg
            AND (leg.authorized_at = running.authorized_at OR leg.authorized_at IS NULL
                 AND leg.charged_at > running.authorized_at)""",  # noqa: S608
    "a quarter of an hour of the platform that is not what its accounts add up to": (
        _OF_PLATFORM.format(
            by="quarter, is_cost",
            bought=0,
            totals=QuarterTotal._meta.db_table,
            kept=PlatformQuarter._meta.db_table,
        )
    ),
    "a day of the platform that is not what its accounts add up to": _OF_PLATFORM.format(
        by="day, is_cost, destination",
        bought=0,
        totals=DayTotal._meta.db_table,
        kept=PlatformDay._meta.db_table,
    ),
    "a top-level account whose days are not what its destinations add up to": _OF_PLATFORM.format(
        by="account_id, day, is_cost",
        bought="bought",
        totals=DayTotal._meta.db_table,
        kept=TopDay._meta.db_table,
    ),
    "a top-level account whose quarters do not add up to what carriers are owed for its calls": (
        _COST.format(
            legs=COST_OF_LEGS.format(where=""),
            archived=_SUM,
            totals=QuarterTotal._meta.db_table,
        )
    ),
    "a top-level account whose days do not add up to what carriers are owed for its calls": (
        _COST.format(
            legs=COST_OF_LEGS.format(where=""),
            archived=_SUM,
            totals=DayTotal._meta.db_table,
        )
    ),
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
    archived = ArchivedMonth.objects.filter(state=ArchivedMonth.State.ARCHIVED)
    # Of records that were written off an archived month has keys without legs.
    keys_met += archived.aggregate(beside=Sum(F("keys") - F("legs")))["beside"] or 0
    if keys_met < legs + first:
        problems.append(f"{legs + first - keys_met} legs or records whose key is not known")
    if endless := without_end(timezone.now() - _UNNOTICED):
        problems.append(f"{endless} running calls are over and nobody noticed: run switch_clock")
    if groups := miscounted():
        names = ", ".join(groups[:_SHOWN])
        problems.append(f"volumes that are not what their charges add up to: {names}")
    waiting = CallRecord.objects.waiting().count()
    inbox = CallRecord.objects.inbox().count()
    counted = f"{legs} legs, {Charge.objects.count()} charges, {waiting} in the queue, {inbox} new."
    return Findings.of(problems, besides=[counted, *_without_part()])


def _without_part() -> list[str]:
    """That nobody makes the parts of the tables of calls on PostgreSQL: no damage. Who looks may
    read no part by itself.
    """
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NULL", [f"{_LEG}_{timezone.now():%Y_%m}"])
        (is_missing,) = cursor.fetchone()
    words = "Calls of this month have no part: let the owner of the tables run call_months."
    return [words] if is_missing else []

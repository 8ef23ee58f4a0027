"""What carriers are owed for the calls of each top-level account stands beside what it paid. Of calls
that are here it is worked out of their charges, of archived ones when they are brought back. A
charger of the version before would not go on with it.
"""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import migrations

import billing.fields

_AT_ONCE = 5_000

# Costs that stand, each beside the charge of the root, by quarter of an hour (of seconds).
_OWED = """
    SELECT root.account_id, root.level, {quarter}, root.destination, SUM(cost.amount)
    FROM billing_charge root JOIN billing_charge cost
        ON cost.leg_id = root.leg_id AND cost.setup = root.setup
        AND cost.is_cost AND cost.reverses_id IS NULL
    WHERE NOT root.is_cost AND root.account_id = root.root_id AND root.reverses_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM billing_charge back WHERE back.reverses_id = root.id)
        AND NOT EXISTS (SELECT 1 FROM billing_charge back WHERE back.reverses_id = cost.id)
    GROUP BY 1, 2, 3, 4"""
_QUARTERS = {
    "postgresql": "CAST(floor(extract(epoch FROM root.setup) / 900) AS bigint) * 900",
    "sqlite": "(CAST(strftime('%s', root.setup) AS INTEGER) / 900) * 900",
}


def owed(apps, schema_editor):
    connection = schema_editor.connection
    zones = dict(apps.get_model("accounts", "Account").objects.values_list("pk", "time_zone"))
    quarters, days, tops = {}, {}, {}
    with connection.cursor() as cursor:
        cursor.execute(_OWED.format(quarter=_QUARTERS[connection.vendor]))
        adapt = connection.ops.adapt_datetimefield_value
        while rows := cursor.fetchmany(_AT_ONCE):
            for account, level, second, destination, amount in rows:
                at = datetime.fromtimestamp(second, UTC)
                day = at.astimezone(ZoneInfo(zones.get(account, "UTC"))).date().isoformat()
                whose = (account, 0, account, level == 0, False)
                for found, key in (
                    (quarters, (*whose, adapt(at))),
                    (days, (*whose, day, destination)),
                    (tops, (account, day, False)),
                ):
                    found[key] = found.get(key, 0) + int(amount)
        whose = ("account_id", "agent_id", "root_id", "is_own", "is_cost")
        _noted(cursor, "billing_quartertotal", (*whose, "quarter"), quarters)
        _noted(cursor, "billing_daytotal", (*whose, "day", "destination"), days)
        _noted(cursor, "billing_topday", ("account_id", "day", "is_cost"), tops)


def forgotten(apps, schema_editor):
    for table in ("billing_quartertotal", "billing_daytotal"):
        schema_editor.execute(f"UPDATE {table} SET bought = 0 WHERE agent_id = 0")


def _noted(cursor, table, key, sums):
    """Also where the account was given another zone since, and has no such day yet."""
    columns = (*key, "legs", "answered", "seconds", "billed", "amount", "bought")
    unique = ", ".join(one for one in key if one != "root_id")
    marks = ", ".join(["%s"] * len(key))
    cursor.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}, 0, 0, 0, 0, 0, %s)"
        f" ON CONFLICT ({unique}) DO UPDATE SET bought = {table}.bought + excluded.bought",
        [(*one, amount) for one, amount in sums.items()],
    )


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0027_tables_of_amounts'),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name='bought',
            field=billing.fields.MoneyField(db_default=Decimal('0'), default=Decimal('0')),
        )
        for name in ('topday', 'archivedsum')
    ] + [migrations.RunPython(owed, forgotten)]

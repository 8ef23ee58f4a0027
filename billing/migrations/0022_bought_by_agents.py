"""What an agent paid for the calls of each of its sub-accounts stands beside what these paid. Of
calls that are here it is worked out of their charges; of archived ones it is not known. A charger
of the version before would not go on with it.
"""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import migrations, models

import billing.fields

_AT_ONCE = 5_000

# Charges that stand, each beside that of the level above, by quarter of an hour (of seconds).
_PAID = """
    SELECT below.account_id, below.agent_id, below.level, {quarter}, below.destination,
        SUM(above.amount)
    FROM billing_charge below JOIN billing_charge above
        ON above.leg_id = below.leg_id AND above.setup = below.setup
        AND above.level = below.level + 1 AND NOT above.is_cost AND above.reverses_id IS NULL
    WHERE NOT below.is_cost AND below.reverses_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM billing_charge back WHERE back.reverses_id = below.id)
        AND NOT EXISTS (SELECT 1 FROM billing_charge back WHERE back.reverses_id = above.id)
    GROUP BY 1, 2, 3, 4, 5"""
_QUARTERS = {
    "postgresql": "CAST(floor(extract(epoch FROM below.setup) / 900) AS bigint) * 900",
    "sqlite": "(CAST(strftime('%s', below.setup) AS INTEGER) / 900) * 900",
}


def bought(apps, schema_editor):
    connection = schema_editor.connection
    zones = dict(apps.get_model("accounts", "Account").objects.values_list("pk", "time_zone"))
    quarters, days = {}, {}
    with connection.cursor() as cursor:
        cursor.execute(_PAID.format(quarter=_QUARTERS[connection.vendor]))
        while rows := cursor.fetchmany(_AT_ONCE):
            for account, agent, level, second, destination, amount in rows:
                at = datetime.fromtimestamp(second, UTC)
                whose = (account, agent, level == 0)
                day = at.astimezone(ZoneInfo(zones.get(account, "UTC"))).date()
                for found, key in ((quarters, (*whose, at)), (days, (*whose, day, destination))):
                    found[key] = found.get(key, 0) + int(amount)
        adapt = connection.ops.adapt_datetimefield_value
        _noted(cursor, "billing_quartertotal", "quarter = %s", (
            (amount, account, agent, is_own, adapt(at))
            for (account, agent, is_own, at), amount in quarters.items()
        ))
        _noted(cursor, "billing_daytotal", "day = %s AND destination = %s", (
            (amount, account, agent, is_own, day.isoformat(), destination)
            for (account, agent, is_own, day, destination), amount in days.items()
        ))


def _noted(cursor, table, when, rows):
    cursor.executemany(
        f"UPDATE {table} SET bought = %s WHERE account_id = %s AND agent_id = %s"
        f" AND is_own = %s AND NOT is_cost AND {when}",
        list(rows),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0021_payments_by_kind'),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name='bought',
            field=billing.fields.MoneyField(db_default=Decimal('0'), default=Decimal('0')),
        )
        for name in ('daytotal', 'quartertotal')
    ] + [migrations.RunPython(bought, migrations.RunPython.noop)]

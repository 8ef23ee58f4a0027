"""What the platform came to is kept as its accounts’ totals are, and begins with the sums of these. A
charger of the version before would not go on with it. Volumes of months are counted anew, the month
before as well.
"""

import billing.fields
from decimal import Decimal
from django.db import migrations, models

SUMS = ("legs", "answered", "seconds", "billed", "amount")
# A table, the one it is the sum of, and by which columns.
TABLES = (
    ("billing_platformquarter", "billing_quartertotal", "quarter, is_cost"),
    ("billing_platformday", "billing_daytotal", "day, is_cost, destination"),
    ("billing_topday", "billing_daytotal", "account_id, day, is_cost"),
)


# What top-level accounts paid for the legs that a routing gateway took, of those that are here.
SOLD = """
    UPDATE billing_gatewaytotal SET sold = paid.amount FROM (
        SELECT LOWER(leg.routing_gateway) AS gateway, {quarter} AS quarter, leg.cause AS cause,
            SUM(charge.amount) AS amount
        FROM billing_leg leg JOIN billing_charge charge ON charge.leg_id = leg.id
            AND charge.setup = leg.setup AND charge.account_id = leg.root_id AND NOT charge.is_cost
        WHERE leg.routing_gateway <> '' GROUP BY 1, 2, 3
    ) paid
    WHERE LOWER(billing_gatewaytotal.gateway) = paid.gateway
      AND billing_gatewaytotal.quarter = paid.quarter AND billing_gatewaytotal.cause = paid.cause"""
QUARTERS = {
    "postgresql": "to_timestamp(floor(extract(epoch FROM leg.setup) / 900) * 900)",
    "sqlite": "datetime((CAST(strftime('%s', leg.setup) AS INTEGER) / 900) * 900, 'unixepoch')",
}


def sold(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SOLD.format(quarter=QUARTERS[schema_editor.connection.vendor]))


def summed(apps, schema_editor):
    for table, source, by in TABLES:
        sums = ", ".join(f"SUM({one})" for one in SUMS)
        schema_editor.execute(
            f"INSERT INTO {table} ({by}, {', '.join(SUMS)})"
            f" SELECT {by}, {sums} FROM {source} WHERE agent_id = 0 GROUP BY {by}"
        )
    for name in ("VolumeTotal", "VolumeMark"):
        apps.get_model("billing", name).objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0019_holds'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlatformDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('legs', models.BigIntegerField(default=0)),
                ('answered', models.BigIntegerField(default=0)),
                ('seconds', models.BigIntegerField(default=0)),
                ('billed', models.BigIntegerField(default=0)),
                ('amount', billing.fields.MoneyField(default=Decimal('0'))),
                ('day', models.DateField()),
                ('is_cost', models.BooleanField()),
                ('destination', models.CharField(blank=True, max_length=100)),
            ],
            options={
                'verbose_name': 'total of the platform’s days',
                'verbose_name_plural': 'totals of the platform’s days',
                'constraints': [models.UniqueConstraint(fields=('day', 'is_cost', 'destination'), name='platform_day_once')],
            },
        ),
        migrations.CreateModel(
            name='PlatformQuarter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('legs', models.BigIntegerField(default=0)),
                ('answered', models.BigIntegerField(default=0)),
                ('seconds', models.BigIntegerField(default=0)),
                ('billed', models.BigIntegerField(default=0)),
                ('amount', billing.fields.MoneyField(default=Decimal('0'))),
                ('quarter', models.DateTimeField()),
                ('is_cost', models.BooleanField()),
            ],
            options={
                'verbose_name': 'total of the platform’s quarters of an hour',
                'verbose_name_plural': 'totals of the platform’s quarters of an hour',
                'constraints': [models.UniqueConstraint(fields=('quarter', 'is_cost'), name='platform_quarter_once')],
            },
        ),
        migrations.CreateModel(
            name='TopDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('legs', models.BigIntegerField(default=0)),
                ('answered', models.BigIntegerField(default=0)),
                ('seconds', models.BigIntegerField(default=0)),
                ('billed', models.BigIntegerField(default=0)),
                ('amount', billing.fields.MoneyField(default=Decimal('0'))),
                ('account_id', models.BigIntegerField()),
                ('day', models.DateField()),
                ('is_cost', models.BooleanField()),
            ],
            options={
                'verbose_name': 'total of a top-level account’s day',
                'verbose_name_plural': 'totals of top-level accounts’ days',
                'constraints': [models.UniqueConstraint(fields=('account_id', 'day', 'is_cost'), name='top_day_once')],
            },
        ),
        migrations.AddField(
            model_name='gatewaytotal',
            name='sold',
            field=billing.fields.MoneyField(db_default=Decimal('0'), default=Decimal('0')),
        ),
        migrations.RunPython(summed, migrations.RunPython.noop),
        migrations.RunPython(sold, migrations.RunPython.noop),
    ]

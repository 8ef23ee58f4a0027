"""Of hundreds of routing gateways those few are found that take a number, without reading the
others: PostgreSQL has an index of what numbers may begin with. SQLite reads them all.
"""

from django.db import migrations

# As `accounts.gateways.carrying` asks: without dial prefixes a gateway takes every number.
_BEGINNINGS = "CASE WHEN prefixes = '[]'::jsonb THEN '[\"\"]'::jsonb ELSE prefixes END"


def add_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX gateway_by_beginning ON accounts_gateway"
            # Gateways change seldom and are asked for with every call.
            f" USING gin (({_BEGINNINGS})) WITH (fastupdate = off)"
        )


def remove_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX gateway_by_beginning")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0025_logos")]

    operations = [migrations.RunPython(add_index, remove_index)]

"""Distributions whose amounts were written row by row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0026_found_by_beginnings"),
    ]

    operations = [
        migrations.AddField(
            model_name="distribution",
            name="is_table",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]

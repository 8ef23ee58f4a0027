"""Contacts that stand at the head of documents."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_found_by_beginnings"),
    ]

    operations = [
        migrations.AddField(
            model_name="accountdetail",
            name="is_published",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="Published as letterhead"
            ),
        ),
    ]

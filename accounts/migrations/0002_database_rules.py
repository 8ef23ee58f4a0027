"""What the tables need besides their columns."""

from typing import Any

from django.db import migrations


def make_administrators(apps: Any, schema_editor: Any) -> None:
    """The group whose members work on the whole platform in the portal (`accounts.access`)."""
    apps.get_model("auth", "Group").objects.get_or_create(name="Administrators")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunPython(make_administrators, migrations.RunPython.noop),
    ]

"""Since when a login has its address, and whether an operator set it or opened the login.

Addresses of before count from now on: nothing says when they were changed last, and an operator may
have done so a moment ago.
"""

import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q


def note_operators_logins(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    above = Q(created_by__is_superuser=True) | Q(created_by__groups__name="Administrators")
    made = User.objects.filter(account__isnull=False, created_by__account=None).exclude(
        created_by=None
    )
    opened = made.exclude(above).values_list("pk", flat=True)
    User.objects.filter(pk__in=list(opened)).update(
        opened_by_operator=True, email_by_operator=True
    )


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0008_gateways"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_since",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=django.utils.timezone.now,
                editable=False,
                verbose_name="address since",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="opened_by_operator",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="user",
            name="email_by_operator",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunPython(note_operators_logins, migrations.RunPython.noop),
    ]

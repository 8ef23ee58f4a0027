"""Who never chose how close rows stand has what is usual: until now that was stored as a choice."""

from django.db import migrations, models


def forget_the_default(apps, schema_editor):
    user = apps.get_model("accounts", "User")
    user.objects.filter(density="comfortable").update(density="")


def store_the_default(apps, schema_editor):
    user = apps.get_model("accounts", "User")
    user.objects.filter(density="").update(density="comfortable")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_availability")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="density",
            field=models.CharField(
                blank=True,
                choices=[("comfortable", "Comfortable"), ("compact", "Compact")],
                default="",
                max_length=11,
                verbose_name="density",
            ),
        ),
        migrations.RunPython(forget_the_default, store_the_default),
    ]

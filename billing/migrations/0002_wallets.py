"""Every account has a wallet, those from before there were wallets too."""

from typing import Any

from django.db import migrations


def make_wallets(apps: Any, schema_editor: Any) -> None:
    accounts = apps.get_model("accounts", "Account")._base_manager.filter(wallet=None)
    wallet = apps.get_model("billing", "Wallet")
    wallet.objects.bulk_create(
        (wallet(account_id=pk) for pk in accounts.values_list("pk", flat=True).iterator()),
        batch_size=2000,
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunPython(make_wallets, migrations.RunPython.noop)]

"""The platform's templates and tiers, which administrators may edit (docs/domain.md 3)."""

from typing import Any

from django.db import migrations

PLATFORM = [
    ("template", "Retail", (1, 2, 8), "Sells to end customers and tops them up."),
    ("template", "Wholesale", (1, 4, 5, 6, 8), "Resells to other carriers and runs its own trunks."),
    ("template", "Calling Card", (1, 3, 8), "Makes and sells calling cards."),
    ("template", "SIP Trunk Provider", (4, 5, 6, 8), "Connects the equipment of its customers."),
    ("template", "Full Access", (1, 2, 3, 4, 5, 6, 7, 8), "Everything: use sparingly."),
    ("tier", "Silver", (1, 2, 8), "The first tier of a reseller."),
    ("tier", "Gold", (1, 2, 3, 6, 8), "Silver with phone cards and capacity."),
    ("tier", "Platinum", (1, 2, 3, 4, 5, 6, 8), "Gold with its own gateways."),
]
CODES = (
    "manage_account",
    "manage_phone",
    "manage_phone_card",
    "manage_gateway",
    "modify_gateway_information",
    "modify_gateway_capacity",
    "pay_own_account",
    "pay_sub_account",
)


def make_templates(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model("accounts", "AuthorizationTemplate")
    for position, (kind, name, numbers, note) in enumerate(PLATFORM):
        model.objects.create(
            kind=kind,
            name=name,
            codes=[CODES[number - 1] for number in numbers],
            note=note,
            position=position,
        )


def remove_templates(apps: Any, schema_editor: Any) -> None:
    apps.get_model("accounts", "AuthorizationTemplate").objects.filter(owner=None).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_authorizations")]

    operations = [migrations.RunPython(make_templates, remove_templates)]

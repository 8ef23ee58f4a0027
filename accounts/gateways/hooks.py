"""What gateways add to the pages of accounts, through the registry of the apps above."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.gateways.models import Gateway
from accounts.gateways.rules import gateway_blockers
from accounts.kit.secret_columns import SecretColumn, secret_columns
from accounts.portal.registry import Link, registry

GATEWAYS = Link(
    "gateways",
    _("Gateways"),
    "gateway",
    url=lambda actor, account: reverse("accounts:gateways", args=[account.account_id]),
)


def register() -> None:
    """Fill the registries; called once when the app is ready."""
    registry.account_tabs.append(GATEWAYS)
    registry.row_actions.append(GATEWAYS)
    registry.close_blockers.append(gateway_blockers)
    registry.delete_blockers.append(gateway_blockers)
    secret_columns.append(SecretColumn(Gateway, "secret"))

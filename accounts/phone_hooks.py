"""What phones add to the pages of accounts, through the registry that other apps use as well."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.endpoint_counts import COLUMNS
from accounts.extensions import Link, registry
from accounts.models import Account, Phone
from accounts.phone_tables import why_not
from accounts.secret_columns import SecretColumn, secret_columns
from accounts.services.phone_lists import blockers


def _list(actor: Actor, account: Account) -> str:
    return reverse("accounts:phones", args=[account.account_id])


def _new(actor: Actor, account: Account) -> str:
    return reverse("accounts:phone-new", args=[account.account_id])


TAB = Link("phones", _("Phones"), "phone", _list)
OPEN = Link("phones", _("Phones"), "phone", _list)
NEW = Link("phone-new", _("Add phones…"), "plus", _new, reason=why_not)


def register() -> None:
    """Fill the registries; called once when the app is ready."""
    registry.columns += COLUMNS
    registry.account_tabs.append(TAB)
    registry.row_actions += [OPEN, NEW]
    registry.close_blockers.append(blockers)
    registry.delete_blockers.append(blockers)
    secret_columns.append(SecretColumn(Phone, "ha1"))

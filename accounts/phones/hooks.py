"""What phones add to the pages of accounts, through the registry that other apps use as well."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.secret_columns import SecretColumn, secret_columns
from accounts.numbers.pasted import digits_of
from accounts.phones.models import Phone
from accounts.phones.queries import blockers, exactly, numbers_like, phones_of
from accounts.phones.tables import why_not
from accounts.portal.counted import COLUMNS
from accounts.portal.registry import Hit, Link, SearchSection, registry

# Fewer digits are in nearly every number.
_SHORTEST = 3
# A whole number leads straight to its phone; a short extension may be a part of anything.
_WHOLE = 7


def _list(actor: Actor, account: Account) -> str:
    return reverse("accounts:phones", args=[account.account_id])


def _new(actor: Actor, account: Account) -> str:
    return reverse("accounts:phone-new", args=[account.account_id])


def _find(actor: Actor, text: str, most: int) -> list[Hit]:
    """Phones by a part of a number that leads to them, of at least three digits."""
    digits = digits_of(text)
    if len(digits) < _SHORTEST:
        return []
    return [
        Hit(
            one.number,
            one.phone.get_absolute_url(),
            one.phone.account,
            str(_("DID of %(phone)s")) % {"phone": one.phone.number}
            if one.is_did
            else one.phone.memo,
        )
        for one in numbers_like(actor, digits, most + 1)
    ]


def _exact(actor: Actor, text: str) -> str:
    digits = digits_of(text)
    phone = exactly(phones_of(actor), digits) if len(digits) >= _WHOLE else None
    return phone.get_absolute_url() if phone else ""


SEARCH = SearchSection("phones", _("Phones"), "phone", _find, _exact)
TAB = Link("phones", _("Phones"), "phone", _list)
OPEN = Link("phones", _("Phones"), "phone", _list)
NEW = Link("phone-new", _("Add phones…"), "plus", _new, reason=why_not)


def register() -> None:
    """Fill the registries; called once when the app is ready."""
    registry.columns += COLUMNS
    registry.account_tabs.append(TAB)
    registry.row_actions += [OPEN, NEW]
    registry.search_sections.append(SEARCH)
    registry.close_blockers.append(blockers)
    registry.delete_blockers.append(blockers)
    secret_columns.append(SecretColumn(Phone, "ha1"))

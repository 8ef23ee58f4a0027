"""How many phone cards an account has, in the lists of accounts."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.kit.addresses import address_of
from accounts.kit.markup import format_html
from accounts.portal.registry import AccountColumn
from billing.wallets.columns import wallets_prepared
from billing.wallets.queries import card_count


def _count(wallet: Any) -> int:
    count: int = wallet.card_count
    return count


def _cell(wallet: Any) -> str:
    """The number leads to the list."""
    if not wallet.card_count:
        return "0"
    url = address_of("billing:account-cards", wallet.account.account_id)
    return format_html('<a href="{}">{}</a>', url, f"{wallet.card_count:,}")


CARD_COLUMNS = [
    AccountColumn(
        "cards",
        _("Cards"),
        wallets_prepared,
        _count,
        cell=_cell,
        sort=card_count("pk"),
        is_number=True,
        is_default=False,
    ),
]

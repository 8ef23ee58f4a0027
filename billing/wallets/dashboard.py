"""Low balances on dashboards."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.core.actor import Actor, allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.portal.registry import Card
from billing.money import shown
from billing.wallets.queries import low_accounts

_MOST = 6


def _low(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """Whose balance is low, with a way to top it up. One query."""
    if account is not None and not account.is_agent:
        return None
    count, poorest = low_accounts(actor, _MOST)
    if not count:
        return None
    url = reverse("accounts:list")
    if account is not None:
        url = reverse("accounts:sub-accounts", args=[account.account_id])
    return {
        "count": count,
        "currency": settings.CURRENCY,
        "url": f"{url}?show=all&balance=low&sort=balance",
        "rows": [
            {
                "account": one,
                "balance": shown(one.wallet.balance),
                "threshold": shown(one.wallet.low_balance_threshold or Decimal(0)),
                "may_pay": allows(actor, Authorization.PAY_SUB_ACCOUNT, one),
            }
            for one in poorest
        ],
    }


LOW_BALANCES = Card("billing/wallets/low_balances.html", _low)

"""Prices that change at random, as simulations of calls need them."""

import random
from decimal import Decimal

from accounts.core.actor import SYSTEM
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.services.rates import rate_change
from billing.wallets.models import RateGroup
from tests.factories.rates import rate

PREFIXES = ("8", "88", "880", "8801", "88017", "44", "447")


def priced(group: RateGroup, prefix: str, chance: random.Random) -> None:
    """Another price from now on, or the first one."""
    price = f"0.{chance.randint(0, 999_999):06}"
    before = Rate.objects.filter(group=group, prefix=prefix, effective_until=None).first()
    if before is None:
        rate(group, prefix, price, since=None)
        return
    draft = RateDraft(prefix, Decimal(price))
    rate_change(actor=SYSTEM, rate=before, draft=draft, expected_version=before.version)

"""Writes rate groups, rates and who buys at what for tests, past the services. The one place to
change once services are to write them: nothing else in tests does.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts.core.models import Account
from billing.rates.models import Rate
from billing.rates.periods import read_period
from billing.wallets.models import RateGroup, Wallet

# Before anything in tests.
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def write_rate_group(owner: Account | None = None, **fields: Any) -> RateGroup:
    return RateGroup.objects.create(owner=owner, **fields)


def write_rate(
    group: RateGroup, prefix: str, price: Decimal, *, period: str = "", **fields: Any
) -> Rate:
    """A rate in effect since long ago, unless the fields say otherwise."""
    read = read_period(period)
    if read is not None:
        fields |= {"days": read.days, "period_begin": read.begin, "period_end": read.end}
    fields.setdefault("effective_from", LONG_AGO)
    return Rate.objects.create(group=group, prefix=prefix, price=price, **fields)


def write_rates(group: RateGroup, rates: list[Rate]) -> None:
    """Many at once."""
    for one in rates:
        one.group = group
    Rate.objects.bulk_create(rates, batch_size=500)


def write_group_of(account: Account, group: RateGroup | None) -> None:
    """Let an account buy at a group."""
    Wallet.objects.filter(pk=account.pk).update(rate_group=group)

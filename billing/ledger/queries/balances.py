"""How balances went: of one account, or of all of a hierarchy together."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import DateField, QuerySet, Sum, Value
from django.db.models.functions import Cast, TruncDate

from accounts.core.models import Account
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.moments import day_begin
from billing.ledger.models import Entry
from billing.wallets.models import Wallet

_DAY = timedelta(days=1)


def balances_by_day(
    account: Account, first: date, until: date, zone: ZoneInfo, *, with_below: bool
) -> Sequence[tuple[date, Decimal]]:
    """What an account that was found within the scope had at the end of each day from `first` on,
    up to and without `until`; the last of today is what it has now. `with_below`: all that are
    below it by now together with it. One query, of one moment.
    """
    wallets = Wallet.objects.filter(pk=account.pk)
    entries = Entry.objects.filter(at__gte=day_begin(first, zone))
    if with_below:
        scope = Scope.of(account.pk)
        wallets = Wallet.objects.filter(in_scope(scope, "account"))
        entries = entries.filter(in_scope(scope, "wallet__account"))
    else:
        entries = entries.filter(wallet=account.pk)
    moved: QuerySet[Any, Any] = (
        entries.order_by()
        .annotate(day=TruncDate("at", tzinfo=zone))
        .values_list("day")
        .annotate(sum=Sum("amount"))
    )
    nothing = Cast(Value(None), DateField())
    now: Any = wallets.order_by().annotate(day=nothing).values_list("day")
    found = dict(moved.union(now.annotate(sum=Sum("balance")), all=True))
    balance = found.pop(None, None) or Decimal(0)
    days = [first + _DAY * at for at in range((until - first).days)]
    after = sum((amount for day, amount in found.items() if day >= until), Decimal(0))
    balances = [balance - after]
    for day in reversed(days[1:]):
        balances.append(balances[-1] - found.get(day, Decimal(0)))
    return list(zip(days, reversed(balances), strict=True))

"""Balances as lists and cards show them, and the rate groups somebody may see and sell at; every
reading stays within the actor's scope.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, chains
from accounts.core.reach import accounts_below, own_key, reached_by, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.moments import day_begin, today
from accounts.kit.prepared import Prepared, padded
from billing.cards.models import CardBatch
from billing.fields import MoneyField
from billing.ledger.models import CONSUMED_BY, Entry
from billing.wallets.models import RateGroup, Wallet

# Accounts whose balance is below their own threshold; a closed one needs nothing any more. That
# there is one is said aloud: PostgreSQL takes a third of all for below it otherwise.
LOW = Q(
    wallet__low_balance_threshold__isnull=False,
    wallet__balance__lt=F("wallet__low_balance_threshold"),
) & ~Q(status=Account.Status.CLOSED)


def wallets_of(accounts: Iterable[Account]) -> Mapping[int, Wallet]:
    """The wallets of accounts that were read within a scope, by key. One query."""
    found = {one.pk: one for one in accounts}
    wallets = Wallet.objects.filter(pk__in=found)
    for one in wallets:
        one.account = found[one.pk]
    return {one.pk: one for one in wallets}


def wallets_with_today(accounts: Iterable[Account]) -> Mapping[int, Wallet]:
    """The same, each with `consumed_today`: what calls cost it since midnight in the reader's time
    zone, as a positive amount; and with `card_count`, how many phone cards it has. One query.
    """
    by_key = {one.pk: one for one in accounts}
    if not by_key:
        return {}
    found = _TODAY.objects(None, day_begin(today()), *padded(list(by_key)))
    for wallet in found:
        wallet.account = by_key[wallet.pk]
    return {one.pk: one for one in found}


def _with_today(_shape: None, since: datetime, *pks: int) -> QuerySet[Wallet, Any]:
    charged = (
        Entry.objects.filter(
            wallet=OuterRef("pk"),
            transaction__entries__house__in=CONSUMED_BY,
            transaction__entries__at__gte=since,
        )
        .order_by()
        .values("wallet")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    return Wallet.objects.filter(pk__in=pks).annotate(
        consumed_today=Coalesce(-Subquery(charged), Value(0), output_field=MoneyField()),
        card_count=card_count("pk"),
    )


def card_count(account: str) -> Any:
    """How many cards the batches of an account have, blocked ones included; `account` names its
    key.
    """
    counted = (
        CardBatch.objects.filter(account=OuterRef(account))
        .order_by()
        .values("account")
        .annotate(n=Sum("count"))
        .values("n")
    )
    return Coalesce(Subquery(counted), Value(0), output_field=IntegerField())


def is_low(wallet: Wallet) -> bool:
    """As `LOW`, for a wallet whose account is known."""
    return wallet.is_low and wallet.account.status != Account.Status.CLOSED


def low_accounts(actor: Actor, most: int) -> tuple[int, Sequence[Account]]:
    """How many accounts within the scope, but for the own one, are below their threshold, and the
    poorest of them with their wallets. Two queries at most.
    """
    if actor.scope.is_empty:
        return 0, []
    shape = (actor.scope.everything, most + 1)
    poorest = reached_by(actor.scope, _POOREST.objects(shape, *own_key(actor.scope)))
    count = _low(actor.scope).count() if len(poorest) > most else len(poorest)
    return count, poorest[:most]


def _poorest(shape: tuple[bool, int], *own: int) -> AccountQuerySet:
    everything, most = shape
    scope, _rest = scope_and_rest(everything, own)
    return _low(scope).select_related("wallet").order_by("wallet__balance", "pk")[:most]


def _low(scope: Scope) -> AccountQuerySet:
    return accounts_below(scope).filter(LOW)


def groups_seen(actor: Actor) -> QuerySet[RateGroup]:
    """The rate groups whose names and prices somebody may know: its own, those shared from above,
    and the one its account buys at (docs/domain.md 7). Administrators know all.
    """
    if actor.is_administrator:
        return RateGroup.objects.all()
    if actor.account_pk is None:
        return RateGroup.objects.none()
    bought_at = Wallet.objects.filter(pk=actor.account_pk).values("rate_group")
    return RateGroup.objects.filter(_sold_at(actor) | Q(pk__in=bought_at))


def group_bought_at(actor: Actor) -> RateGroup | None:
    """The group the actor's own account buys at; None for platform staff, or without one."""
    if actor.account_pk is None:
        return None
    return RateGroup.objects.filter(wallets=actor.account_pk).first()


def groups_kept(actor: Actor) -> QuerySet[RateGroup]:
    """The rate groups somebody may change, where authorization 1 is held: its own. Administrators
    may change all.
    """
    if actor.is_administrator:
        return RateGroup.objects.all()
    if actor.account_pk is None:
        return RateGroup.objects.none()
    return RateGroup.objects.filter(owner=actor.account_pk)


def groups_to_sell(actor: Actor, account: Account | None) -> QuerySet[RateGroup]:
    """The rate groups somebody may give to an account it reaches, or (None) to any below it: those
    of the actor and those shared with it. Administrators give those of the platform, and those of
    the agents above the account.
    """
    if actor.is_administrator:
        above = chains([account.pk])[account.pk][:-1] if account else ()
        return RateGroup.objects.filter(
            Q(owner__isnull=True) | Q(owner__in=[link.pk for link in above])
        )
    if actor.account_pk is None:
        return RateGroup.objects.none()
    return RateGroup.objects.filter(_sold_at(actor))


def _sold_at(actor: Actor) -> Q:
    """Those at which an account may sell: its own, and the ones shared by levels above it."""
    above = [link.pk for link in actor.chain[:-1]]
    shared = Q(owner__isnull=True) | Q(owner__in=above)
    return Q(owner=actor.account_pk) | (Q(is_shared=True) & shared)


_TODAY = Prepared(_with_today)
_POOREST = Prepared(_poorest)

"""Balances as lists and cards show them, and the rate groups somebody may see and sell at; every
reading stays within the actor's scope.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import (
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    Window,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, ChainLink, chains, in_scope
from accounts.core.reach import accounts_below, own_account, own_key, reached_by, scope_and_rest
from accounts.core.scope import Scope
from accounts.kit.errors import NotInScope
from accounts.kit.moments import day_begin, today
from accounts.kit.prepared import Prepared, padded
from billing.cards.models import CardBatch
from billing.fields import MoneyField
from billing.ledger.models import CONSUMED_BY, Entry, Transaction
from billing.wallets.models import RateGroup, Wallet

# Accounts whose balance is below their own threshold; a closed one needs nothing any more. That
# there is one is said aloud: PostgreSQL takes a third of all for below it otherwise.
LOW = Q(
    wallet__low_balance_threshold__isnull=False,
    wallet__balance__lt=F("wallet__low_balance_threshold"),
) & ~Q(status=Account.Status.CLOSED)

# Accounts that cannot call for they have no rate group. Neither do clearing accounts, which take
# calls, nor closed ones.
WITHOUT_GROUP = Q(pk__in=Wallet.objects.filter(rate_group__isnull=True).values("pk")) & ~(
    Q(status=Account.Status.CLOSED) | Q(type=Account.Type.CLEARING)
)


def anybody_without_group() -> AccountQuerySet:
    """The first such account on the platform, if there is one: how many they are is not counted,
    for it may be all.
    """
    return Account.objects.filter(pk__in=Account.objects.filter(WITHOUT_GROUP).values("pk")[:1])


def wallets_of(accounts: Iterable[Account]) -> Mapping[int, Wallet]:
    """The wallets of accounts that were read within a scope, by key. One query."""
    found = {one.pk: one for one in accounts}
    wallets = Wallet.objects.filter(pk__in=found)
    for one in wallets:
        one.account = found[one.pk]
    return {one.pk: one for one in wallets}


def own_with_wallet(actor: Actor) -> Account:
    """The own account of the actor with its detail and its wallet. One query. Raises NotInScope."""
    found = reached_by(actor.scope, _OWN.objects((), actor.account_pk or 0))
    if not found:
        # It was deleted since the way to it was read.
        raise NotInScope
    return found[0]


def _own(_shape: Any, account_pk: int) -> AccountQuerySet:
    return own_account(Scope.of(account_pk)).select_related("detail", "wallet")


_OWN = Prepared(_own)


def wallets_with_today(actor: Actor, accounts: Iterable[Account]) -> Mapping[int, Wallet]:
    """The same, each with `consumed_today`: what calls cost it since midnight in the reader's time
    zone, as a positive amount; with `card_count`, how many phone cards it has; and with
    `group_words`, its rate group as the reader may know it, "" for none. One query.
    """
    by_key = {one.pk: one for one in accounts}
    if not by_key:
        return {}
    own = actor.account_pk or 0
    found = _TODAY.objects(None, day_begin(today()), own, *padded(list(by_key)))
    return {one.pk: told(actor, one, by_key[one.pk]) for one in found}


def told(actor: Actor, wallet: Any, account: Account) -> Any:
    """A wallet that was read `with_today`, of an account that was read within the actor's scope."""
    wallet.account = account
    wallet.group_words = _group_words(actor, wallet)
    return wallet


def _group_words(actor: Actor, wallet: Any) -> str:
    """Of an account that was read within the actor's scope: then an owner that does not stand above
    the actor is the actor itself, or below it.
    """
    if wallet.rate_group_id is None:
        return ""
    above = (None, *(link.pk for link in actor.chain[:-1]))
    is_known = (
        actor.is_administrator
        or wallet.group_is_shared
        or wallet.group_owner not in above
        or wallet.rate_group_id == wallet.group_of_reader
    )
    return wallet.group_name if is_known else group_above(actor)


def _with_today(_shape: None, since: datetime, own: int, *pks: int) -> QuerySet[Wallet, Any]:
    return with_today(since, own, *pks)


def with_today(since: datetime, own: int, *pks: int) -> QuerySet[Wallet, Any]:
    """The wallets of these accounts, with what calls cost since a moment, how many phone cards they
    have, their rate group, and that of the account `own`.
    """
    charged = (
        Entry.objects.filter(
            wallet=OuterRef("pk"),
            # The credit for the volume of a month is none of a day's calls.
            transaction__kind=Transaction.Kind.CALL,
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
        group_name=F("rate_group__name"),
        group_owner=F("rate_group__owner"),
        group_is_shared=F("rate_group__is_shared"),
        group_of_reader=Subquery(Wallet.objects.filter(pk=own).values("rate_group")),
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
    poorest of them with their wallets and agents. One query.
    """
    if actor.scope.is_empty:
        return 0, []
    shape = (actor.scope.everything, most)
    poorest: Any = reached_by(actor.scope, _POOREST.objects(shape, *own_key(actor.scope)))
    return next((one.low_count for one in poorest), 0), poorest


def _poorest(shape: tuple[bool, int], *own: int) -> AccountQuerySet:
    everything, most = shape
    scope, _rest = scope_and_rest(everything, own)
    low = accounts_below(scope).filter(LOW).annotate(low_count=Window(Count("*")))
    return low.select_related("wallet", "parent").order_by("wallet__balance", "pk")[:most]


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


def own_group(actor: Actor) -> RateGroup | None:
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


def groups_named(actor: Actor) -> QuerySet[RateGroup]:
    """The rate groups whose names somebody may know: those it sees, and those of agents below it,
    for what is paid below it is no secret to it.
    """
    below = RateGroup.objects.filter(in_scope(actor.scope, "owner"))
    return groups_seen(actor) | below


def group_name(actor: Actor, group: RateGroup | None) -> str:
    """The name of a rate group as far as somebody may know it, "" for none. One query at most."""
    if group is None:
        return ""
    return group_names(actor, [group.pk]).get(group.pk) or group_above(actor)


def group_names(actor: Actor, groups: Collection[int]) -> dict[int, str]:
    """The names of those of these rate groups that somebody may know, by their key. One query."""
    return dict(groups_named(actor).filter(pk__in=groups).values_list("pk", "name"))


def group_above(actor: Actor) -> str:
    """What somebody reads in place of the name of a rate group it may not know."""
    return _("a group of %(above)s") % {"above": actor.someone_above}


def groups_to_sell(
    actor: Actor, account: Account | None, *, agent: Account | None = None
) -> QuerySet[RateGroup]:
    """The rate groups somebody may give to an account it reaches, to a new one below an `agent`, or
    (None) to any below it: those of the actor and those shared with it. Administrators give those
    of the platform, and those of the agents above the account.
    """
    if actor.is_administrator:
        return RateGroup.objects.filter(_owned_above(account, agent))
    if actor.account_pk is None:
        return RateGroup.objects.none()
    return RateGroup.objects.filter(_sold_at(actor))


def usual_group(actor: Actor, agent: Account | None) -> RateGroup | None:
    """The rate group at which most accounts directly below an agent buy (None: at the top level),
    of those the actor may give there; without any, the only one it may give. Two queries at most.
    """
    offered = groups_to_sell(actor, None, agent=agent).select_related("owner")
    there = Q(wallets__account__parent=agent) & ~Q(wallets__account__status=Account.Status.CLOSED)
    counted = offered.annotate(buyers=Count("wallets", filter=there)).order_by("-buyers", "-pk")
    first, *others = counted[:2] or (None,)
    if first is None or (not first.buyers and others):
        return None
    return first


def accounts_offered(
    actor: Actor, accounts: Collection[Account], group: RateGroup
) -> frozenset[int]:
    """Those of the accounts, all within the actor's reach, to which it may give a rate group, by
    their key. Two queries at most, however many they are.
    """
    pks = frozenset(one.pk for one in accounts)
    current = RateGroup.objects.filter(pk=group.pk)
    if not actor.is_administrator:
        return pks if current.filter(pk__in=groups_to_sell(actor, None)).exists() else frozenset()
    owners = list(current.values_list("owner", flat=True))
    if not owners or owners[0] is None:
        return pks if owners else frozenset()
    ways = chains(pks).items()
    return frozenset(pk for pk, way in ways if owners[0] in {link.pk for link in way[:-1]})


def _owned_above(account: Account | None, agent: Account | None) -> Q:
    """Those of the platform, and of the agents above an account."""
    way: Sequence[ChainLink] = ()
    if account is not None:
        way = chains([account.pk])[account.pk][:-1]
    elif agent is not None:
        way = chains([agent.pk])[agent.pk]
    return Q(owner__isnull=True) | Q(owner__in=[link.pk for link in way])


def _sold_at(actor: Actor) -> Q:
    """Those at which an account may sell: its own, and the ones shared by levels above it. To
    share is to let agents sell on: who may not (authorization 1) is not told what its agent pays.
    """
    own = Q(owner=actor.account_pk)
    if Authorization.MANAGE_ACCOUNT not in actor.effective:
        return own
    above = [link.pk for link in actor.chain[:-1]]
    return own | Q(Q(owner__isnull=True) | Q(owner__in=above), is_shared=True)


_TODAY = Prepared(_with_today)
_POOREST = Prepared(_poorest)

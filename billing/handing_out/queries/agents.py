"""The cover of agents as pages show it: with what their funding policy makes of it.

What is read here was found within the reader's scope before: an account's own cover and those of
accounts below it, never one above.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, ChainLink, chains
from accounts.core.reach import own_key, scope_and_rest
from accounts.kit.moments import day_begin, today
from accounts.kit.prepared import Prepared, padded
from billing.cards.models import CardBatch
from billing.handing_out.queries.cover import (
    FEW,
    Cover,
    cover_read,
    covers_of,
    uncovered_of,
    with_cover,
    worst_first,
)
from billing.handing_out.queries.policies import funding_along
from billing.wallets.models import Funding, PaymentPolicy, Wallet
from billing.wallets.queries import told, with_today


@dataclass(frozen=True)
class AgentCover:
    """What an agent has handed out, and how far its own way permits it to: the strictest rule
    along it, never whose rule that is.
    """

    cover: Cover
    funding: Funding

    @property
    def is_bound(self) -> bool:
        return self.funding is Funding.COVERED

    @property
    def is_uncovered(self) -> bool:
        """Handed out more than there is, where it may not be."""
        return self.is_bound and self.cover.handed_out > 0 and self.cover.is_uncovered


def agent_covers(accounts: Iterable[Account]) -> Mapping[int, AgentCover]:
    """The covers of those of these accounts that hand out money, by key: who has sub-accounts, or
    cards that are out. At most three statements.
    """
    found = {one.pk: one for one in accounts}
    covers = covers_of(found) if found else {}
    handing = [pk for pk, one in covers.items() if one.handed_out or found[pk].is_agent]
    funding = funding_along(chains(handing)) if handing else {}
    return {pk: AgentCover(covers[pk], funding[pk]) for pk in handing}


def balance_of(
    actor: Actor, account: Account, way: Sequence[ChainLink] = ()
) -> tuple[Any, AgentCover | None]:
    """The wallet of an account that was read within the scope, as `wallets_with_today` has it, and
    its cover where it hands out money; (None, None) where it has no wallet. One query, and the way
    to the account where that is neither given nor the actor's own.
    """
    if not way:
        is_own = account.pk == actor.account_pk
        way = actor.chain if is_own else chains([account.pk]).get(account.pk, ())
    levels = padded([link.pk for link in way])
    own = actor.account_pk or 0
    read = _BALANCE.objects((), day_begin(today()), timezone.now(), own, account.pk, *levels)
    if not read:
        return None, None
    wallet = told(actor, read[0], account)
    cover = cover_read(wallet)
    if not (account.is_agent or (wallet.card_count and cover.handed_out)):
        return wallet, None
    return wallet, AgentCover(cover, Funding.COVERED if wallet.is_bound else Funding.RECORD)


def _balance(
    _shape: Any, since: datetime, now: datetime, own: int, pk: int, *levels: int
) -> QuerySet[Wallet, Any]:
    bound = PaymentPolicy.objects.filter(pk__in=levels, funding=Funding.COVERED)
    return with_cover(with_today(since, own, pk), now).annotate(is_bound=Exists(bound))


# Charges have an index of their own: knowing that they are meant, PostgreSQL keeps the plan, which
# takes three times as long to make as to carry out.
_BALANCE = Prepared(_balance, is_spelled_out=True)


def uncovered_agents(
    actor: Actor, most: int
) -> tuple[int, Sequence[AgentCover], Mapping[int, Account]]:
    """How many accounts within the scope are not covered, the worst of them, and their accounts by
    key. One query where few accounts are on *covered*, else five at most.
    """
    if actor.scope.is_empty:
        return 0, [], {}
    shape, own = actor.scope.everything, own_key(actor.scope)
    read = _HANDING.objects(shape, *own, timezone.now())
    accounts = {one.pk: one.account for one in read}
    if len(read) <= FEW:
        found = worst_first(map(cover_read, read))
        worst = found[:most]
    else:
        found = uncovered_covers(Account.objects.within(actor.scope))
        worst = found[:most]
        accounts = Account.objects.within(actor.scope).in_bulk([one.account_pk for one in worst])
    return len(found), [AgentCover(one, Funding.COVERED) for one in worst], accounts


def _few_handing(everything: bool, *values: Any) -> QuerySet[Wallet, Any]:
    """The first of them with their covers, and one more for more."""
    scope, (now,) = scope_and_rest(everything, values)
    wallets = _handing(Account.objects.within(scope)).filter(is_unlimited=False)
    few = with_cover(wallets, now, counts_unlimited=False).select_related("account")
    return few.order_by("pk")[: FEW + 1]


_HANDING = Prepared(_few_handing)


def uncovered_covers(accounts: AccountQuerySet) -> list[Cover]:
    """The covers of those of these accounts that are on *covered* and are not, the worst first.
    Three statements at most.
    """
    return uncovered_of(_handing(accounts))


def _handing(accounts: AccountQuerySet) -> QuerySet[Wallet]:
    """The wallets of those of these accounts that hand out money on *covered*."""
    batches = CardBatch.objects.filter(account=OuterRef("pk"))
    handing = accounts.filter(
        Q(rght__gt=F("lft") + 1) | Exists(batches), pk__in=_ruled_covered()
    ).exclude(status=Account.Status.CLOSED)
    return Wallet.objects.filter(account__in=handing.order_by().values("pk"))


def _ruled_covered() -> RawSQL:
    """Keys of the accounts with a ruling of *covered*, and of all below them. From the few rulings
    downwards: asking each account for rulings above it reads them all.
    """
    accounts, rulings = (
        connection.ops.quote_name(one._meta.db_table) for one in (Account, PaymentPolicy)
    )
    return RawSQL(  # noqa: S611 - the texts are names of tables and our own words.
        f"""
        WITH ruled (tree_id, lft, rght) AS MATERIALIZED (
            SELECT one.tree_id, one.lft, one.rght
            FROM {rulings} ruling JOIN {accounts} one ON one.id = ruling.account_id
            WHERE ruling.funding = %s
        ) SELECT below.id FROM ruled JOIN {accounts} below
            ON below.tree_id = ruled.tree_id AND below.lft >= ruled.lft AND below.lft < ruled.rght
        """,  # noqa: S608
        [Funding.COVERED.value],
    )

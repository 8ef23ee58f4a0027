"""The cover of agents as pages show it: with what their funding policy makes of it.

What is read here was found within the reader's scope before: an account's own cover and those of
accounts below it, never one above.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, ChainLink, chains
from billing.cards.models import CardBatch
from billing.handing_out.queries.cover import Cover, covers_of, uncovered_of
from billing.handing_out.queries.policies import funding_along
from billing.wallets.models import Funding, PaymentPolicy, Wallet


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


def agent_covers(
    accounts: Iterable[Account], known: Mapping[int, Sequence[ChainLink]] = MappingProxyType({})
) -> Mapping[int, AgentCover]:
    """The covers of those of these accounts that hand out money, by key: who has sub-accounts, or
    cards that are out. At most three statements; two where `known` are the ways to all of them.
    """
    found = {one.pk: one for one in accounts}
    covers = covers_of(found) if found else {}
    handing = [pk for pk, one in covers.items() if one.handed_out or found[pk].is_agent]
    asked = [pk for pk in handing if pk not in known]
    ways = {**{pk: known[pk] for pk in handing if pk in known}, **chains(asked)}
    funding = funding_along(ways) if handing else {}
    return {pk: AgentCover(covers[pk], funding[pk]) for pk in handing}


def uncovered_agents(
    actor: Actor, most: int
) -> tuple[int, Sequence[AgentCover], Mapping[int, Account]]:
    """How many accounts within the scope are not covered, the worst of them, and their accounts by
    key. Four statements at most.
    """
    found = uncovered_covers(Account.objects.within(actor.scope))
    worst = [AgentCover(one, Funding.COVERED) for one in found[:most]]
    pks = [one.cover.account_pk for one in worst]
    accounts = Account.objects.within(actor.scope).in_bulk(pks) if pks else {}
    return len(found), worst, accounts


def uncovered_covers(accounts: AccountQuerySet) -> list[Cover]:
    """The covers of those of these accounts that are on *covered* and are not, the worst first.
    Three statements at most.
    """
    batches = CardBatch.objects.filter(account=OuterRef("pk"))
    handing = accounts.filter(
        Q(rght__gt=F("lft") + 1) | Exists(batches), pk__in=_ruled_covered()
    ).exclude(status=Account.Status.CLOSED)
    return uncovered_of(Wallet.objects.filter(account__in=handing.order_by().values("pk")))


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

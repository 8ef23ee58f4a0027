"""The cover of agents as pages show it: with what their funding policy makes of it.

What is read here was found within the reader's scope before: an account's own cover and those of
accounts below it, never one above.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.access import Actor
from accounts.models import Account
from accounts.querysets import in_scope
from billing.models import CardBatch, Funding, PaymentPolicy, Wallet
from billing.services.cover import Cover, covers_of, uncovered
from billing.services.handing_out import funding_of


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
    funding = funding_of(handing) if handing else {}
    return {pk: AgentCover(covers[pk], funding[pk]) for pk in handing}


def uncovered_agents(
    actor: Actor, most: int
) -> tuple[int, Sequence[AgentCover], Mapping[int, Account]]:
    """How many accounts within the scope are not covered, the worst of them, and their accounts by
    key. At most three statements.
    """
    found: Any = uncovered_wallets().filter(in_scope(actor.scope, "account"))
    worst = list(found.select_related("account").order_by("-missing", "pk")[: most + 1])
    count = found.count() if len(worst) > most else len(worst)
    accounts = {one.pk: one.account for one in worst[:most]}
    covers = covers_of(accounts) if accounts else {}
    return count, [AgentCover(covers[pk], Funding.COVERED) for pk in accounts], accounts


def uncovered_wallets() -> QuerySet[Wallet]:
    """The wallets of accounts that are on *covered* and are not, to narrow what is scoped."""
    batches = CardBatch.objects.filter(account=OuterRef("pk"))
    return uncovered(
        Wallet.objects.filter(
            Q(account__rght__gt=F("account__lft") + 1) | Exists(batches),
            Exists(_ruled_covered()),
        ).exclude(account__status=Account.Status.CLOSED)
    )


def _ruled_covered() -> Any:
    """Rulings of *covered* on an account or on one above it."""
    return PaymentPolicy.objects.filter(
        funding=Funding.COVERED,
        account__tree_id=OuterRef("account__tree_id"),
        account__lft__lte=OuterRef("account__lft"),
        account__rght__gte=OuterRef("account__rght"),
    )

"""What is to be settled of the transfers of former days, and what was. Nothing here writes.

A former transfer is a movement of two wallets without a `source`: whatever posts between wallets
today is an administrators' transfer, which names its source, or takes one of them back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.models import Account
from accounts.kit.errors import NotAllowed
from accounts.kit.prepared import Prepared
from billing.ledger.models import Entry, Transaction
from billing.wallets.models import Funding, PaymentPolicy

_PIECE = 5000
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Holding:
    """What one direct sub-account got by former transfers, gave back, and still holds of it. The
    `balance` is that after its own settlement.
    """

    account: Account
    given: Decimal
    taken_back: Decimal
    balance: Decimal

    @property
    def held(self) -> Decimal:
        return max(min(self.given - self.taken_back, self.balance), _ZERO)


@dataclass(frozen=True)
class Settlement:
    """What is to be paid back to one agent. `holdings` are of those that hold something; the
    amount, which is above zero, is their sum.
    """

    agent: Account
    holdings: tuple[Holding, ...]

    @property
    def amount(self) -> Decimal:
        return sum((one.held for one in self.holdings), _ZERO)


def settlements_due(actor: Actor) -> list[Settlement]:
    """Every agent with something to settle, whatever its policy is now, in the order in which they
    are settled: from below upwards. Three statements, which read the whole ledger. Raises
    NotAllowed.
    """
    return list(due_by_agent(settling_administrator(actor), Entry.objects.all()).values())


def settlement_due(actor: Actor, agent: Account) -> Settlement | None:
    """As `settlements_due`, for one agent; None: nothing is to be settled. Raises NotAllowed."""
    return due_by_agent(settling_administrator(actor), Entry.objects.all()).get(agent.pk)


def may_have_former_transfers() -> bool:
    """Whether pages should lead to them. A hint that costs nothing: every agent that was on the
    former *transfer* is on *covered* since. Nothing depends on it.
    """
    return bool(_COVERED.rows(()))


def _covered(_shape: Any) -> "QuerySet[PaymentPolicy, Any]":
    return PaymentPolicy.objects.filter(funding=Funding.COVERED).values_list("pk")[:1]


_COVERED = Prepared(_covered)


def settled_before(actor: Actor) -> QuerySet[Transaction]:
    """The settlements that were posted, the newest first. Raises NotAllowed."""
    settling_administrator(actor)
    posted = Transaction.objects.filter(kind=Transaction.Kind.SETTLED)
    return posted.select_related("account", "reversed_by").order_by("-pk")


def is_settled_transfer(one: Transaction) -> bool:
    """Whether this is a former transfer whose agent was settled: to take it back as well would
    pay the agent twice.
    """
    agent = one.account.parent_id
    if agent is None or one.source_id is not None or one.kind == Transaction.Kind.REVERSAL:
        return False
    settled = Transaction.objects.filter(kind=Transaction.Kind.SETTLED, account=agent)
    return settled.exists() and one.entries.filter(wallet=agent).exists()


def due_by_agent(actor: Actor, entries: QuerySet[Entry]) -> dict[int, Settlement]:
    """By the agent's key, out of the entries of agents' wallets: from below upwards, the largest
    amount first.
    """
    settled = Transaction.objects.filter(kind=Transaction.Kind.SETTLED).values("account")
    rows = (
        _transfers(entries)
        .exclude(wallet__in=settled)
        .order_by()
        .values("wallet", "transaction__account")
        .annotate(
            given=Sum("amount", filter=Q(amount__lt=0)),
            taken_back=Sum("amount", filter=Q(amount__gt=0)),
        )
    )
    transfers: list[tuple[Any, Any, Decimal | None, Decimal | None]] = [
        (row["wallet"], row["transaction__account"], row["given"], row["taken_back"])
        for row in rows
    ]
    agents = _accounts(actor, {agent for agent, *_rest in transfers})
    subs = _accounts(actor, {sub for _agent, sub, *_rest in transfers})
    by_agent: dict[int, list[tuple[Account, Decimal, Decimal]]] = {}
    for agent, sub, given, taken_back in transfers:
        if agent in agents and sub in subs:
            line = (subs[sub], -(given or _ZERO), taken_back or _ZERO)
            by_agent.setdefault(agent, []).append(line)
    due: dict[int, Settlement] = {}
    for pk in sorted(by_agent, key=lambda one: -agents[one].level):
        holdings = [
            Holding(sub, given, taken_back, sub.wallet.balance + _amount(due.get(sub.pk)))
            for sub, given, taken_back in by_agent[pk]
        ]
        held = [one for one in holdings if one.held]
        if held:
            held.sort(key=lambda one: (-one.held, one.account.account_id))
            due[pk] = Settlement(agents[pk], tuple(held))
    rows_due = sorted(due.items(), key=lambda one: (-one[1].agent.level, -one[1].amount, one[0]))
    return dict(rows_due)


def _amount(due: Settlement | None) -> Decimal:
    return _ZERO if due is None else due.amount


def _transfers(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """The agents' sides of former transfers to and from sub-accounts that are directly below them
    now, and of what took one back.
    """
    return entries.filter(
        wallet=F("transaction__account__parent"),
        transaction__source__isnull=True,
        transaction__reverses__source__isnull=True,
    )


def subs_of(entries: QuerySet[Entry]) -> set[int]:
    """The keys of the sub-accounts those transfers went to or came from."""
    accounts: Any = _transfers(entries).order_by().values_list("transaction__account", flat=True)
    return set(accounts.distinct())


def _accounts(actor: Actor, pks: Iterable[int]) -> Mapping[int, Account]:
    """With their wallets, by key."""
    found: dict[int, Account] = {}
    wanted = sorted(pks)
    for start in range(0, len(wanted), _PIECE):
        some = Account.objects.within(actor.scope).select_related("wallet")
        found |= some.in_bulk(wanted[start : start + _PIECE])
    return found


def settling_administrator(actor: Actor) -> Actor:
    """The fresh actor, an administrator. Raises NotAllowed."""
    actor = fresh(actor)
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(_("Transfers are settled by administrators."), code="administrators_only")
    return actor

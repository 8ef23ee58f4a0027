"""Settling the transfers of former days: agents paid their sub-accounts out of their own balance
once, which nobody does any more (docs/domain.md 6). What was posted stays; what the direct
sub-accounts still hold of it is paid back to the agent from the house, once for each agent.

A former transfer is a movement of two wallets without a `source`: whatever posts between wallets
today is an administrators' transfer, which names its source, or takes one of them back.

What a sub-account passed on by transfers of its own it holds once it is settled itself, so agents
are settled from below upwards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.locks import said_busy
from accounts.core.models import Account
from accounts.core.record import record
from accounts.kit.errors import Busy, NotAllowed, NotInScope, Refused
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.services.posting import (
    Movement,
    input_hash,
    into,
    locked_wallets,
    post,
    reason_in_memo,
)
from billing.money import plain
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
    return list(_due(_administrator(actor), Entry.objects.all()).values())


def settlement_due(actor: Actor, agent: Account) -> Settlement | None:
    """As `settlements_due`, for one agent; None: nothing is to be settled. Raises NotAllowed."""
    return _due(_administrator(actor), Entry.objects.all()).get(agent.pk)


def may_have_former_transfers() -> bool:
    """Whether pages should lead to them. A hint that costs nothing: every agent that was on the
    former *transfer* is on *covered* since. Nothing depends on it.
    """
    return PaymentPolicy.objects.filter(funding=Funding.COVERED).exists()


def settled_before(actor: Actor) -> QuerySet[Transaction]:
    """The settlements that were posted, the newest first. Raises NotAllowed."""
    _administrator(actor)
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


def settlement_post(
    *, actor: Actor, agent: Account, reason: str, expected: Decimal | None = None
) -> Transaction:
    """Pay back to an agent what its direct sub-accounts hold of its transfers, once, and return
    the transaction. Administrators only. The reason stands in the memo, where the agent reads it.

    `expected` is the amount that was shown: where it has come to another one by now, it is refused
    with the code "changed_meanwhile". Raises Refused (also where nothing is to be settled, it was
    settled before, or a sub-account has to be settled first), BadAmount, NotAllowed, NotInScope,
    Busy.
    """
    with said_busy(), transaction.atomic():
        actor = _administrator(actor)
        current = Account.objects.within(actor.scope).filter(pk=agent.pk).first()
        if current is None:
            raise NotInScope
        reason = reason_in_memo(reason)
        due = _locked_due(actor, current)
        if expected is not None and due.amount != expected:
            raise Refused(
                _("What %(account)s is owed has changed meanwhile. Check it again.")
                % {"account": current.account_id},
                code="changed_meanwhile",
            )
        return _posted(actor, due, reason)


def _posted(actor: Actor, due: Settlement, reason: str) -> Transaction:
    agent = due.agent
    made = post(
        actor,
        Movement(
            kind=Transaction.Kind.SETTLED,
            account=agent,
            amount=due.amount,
            legs=into(agent, due.amount, House.ADJUSTMENT),
            memo=reason,
        ),
        key=f"settle:{agent.pk}",
        digest=input_hash({"settles": agent.pk, "amount": plain(due.amount)}),
    )
    record(
        actor=actor,
        action="payment.settled",
        account=agent,
        subject=str(made.pk),
        after={"amount": plain(due.amount), "sub_accounts": len(due.holdings)},
        reason=reason,
    )
    return made


def _locked_due(actor: Actor, agent: Account) -> Settlement:
    """What is due to the agent, with its wallet and those that count locked."""
    mine = Entry.objects.filter(wallet=agent.pk)
    locked = {agent.pk, *_subs(mine)}
    locked_wallets(locked)
    if not locked.issuperset(_subs(mine)):
        # One of them has come below the agent meanwhile.
        raise Busy
    if Transaction.objects.filter(kind=Transaction.Kind.SETTLED, account=agent).exists():
        raise Refused(
            _("The transfers of %(account)s are settled already.") % {"account": agent.account_id},
            code="settled_already",
        )
    below = _due(actor, Entry.objects.filter(wallet__in=locked - {agent.pk}))
    if below:
        first = next(iter(below.values())).agent
        raise Refused(
            _("Settle %(account)s first: what it gets back counts here.")
            % {"account": first.account_id},
            code="settle_below_first",
        )
    due = _due(actor, mine).get(agent.pk)
    if due is None:
        raise Refused(
            _("There is nothing to settle for %(account)s.") % {"account": agent.account_id},
            code="nothing_to_settle",
        )
    return due


def _due(actor: Actor, entries: QuerySet[Entry]) -> dict[int, Settlement]:
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


def _subs(entries: QuerySet[Entry]) -> set[int]:
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


def _administrator(actor: Actor) -> Actor:
    actor = fresh(actor)
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(_("Transfers are settled by administrators."), code="administrators_only")
    return actor

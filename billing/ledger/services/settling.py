"""Settling the transfers of former days: agents paid their sub-accounts out of their own balance
once, which nobody does any more (docs/domain.md 6). What was posted stays; what the direct
sub-accounts still hold of it is paid back to the agent from the house, once for each agent.

What a sub-account passed on by transfers of its own it holds once it is settled itself, so agents
are settled from below upwards.
"""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.locks import said_busy
from accounts.core.models import Account
from accounts.core.record import record
from accounts.kit.errors import Busy, NotInScope, Refused
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.queries.settlements import (
    Settlement,
    due_by_agent,
    settling_administrator,
    subs_of,
)
from billing.ledger.services.posting import (
    Movement,
    input_hash,
    into,
    locked_wallets,
    post,
    reason_in_memo,
)
from billing.money import plain


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
        actor = settling_administrator(actor)
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
    locked = {agent.pk, *subs_of(mine)}
    locked_wallets(locked)
    if not locked.issuperset(subs_of(mine)):
        # One of them has come below the agent meanwhile.
        raise Busy
    if Transaction.objects.filter(kind=Transaction.Kind.SETTLED, account=agent).exists():
        raise Refused(
            _("The transfers of %(account)s are settled already.") % {"account": agent.account_id},
            code="settled_already",
        )
    below = due_by_agent(actor, Entry.objects.filter(wallet__in=locked - {agent.pk}))
    if below:
        first = next(iter(below.values())).agent
        raise Refused(
            _("Settle %(account)s first: what it gets back counts here.")
            % {"account": first.account_id},
            code="settle_below_first",
        )
    due = due_by_agent(actor, mine).get(agent.pk)
    if due is None:
        raise Refused(
            _("There is nothing to settle for %(account)s.") % {"account": agent.account_id},
            code="nothing_to_settle",
        )
    return due

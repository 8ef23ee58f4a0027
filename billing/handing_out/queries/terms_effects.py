"""What other terms of an account would change in what is handed out (docs/domain.md 6)."""

from copy import copy
from dataclasses import dataclass
from decimal import Decimal

from accounts.core.actor import Actor
from accounts.core.models import Account
from billing.handing_out.queries.agents import AgentCover, agent_covers
from billing.handing_out.queries.cover import cover_of, worth
from billing.handing_out.queries.policies import funding_of
from billing.wallets.models import Wallet


@dataclass(frozen=True)
class TermsEffect:
    """On the cover of one account: so much more is `given` below, so much more is there to give.
    `asked` is what the gate is asked for: the limit's difference, whatever of it is in use.
    """

    account: Account
    cover: AgentCover
    given: Decimal = Decimal(0)
    received: Decimal = Decimal(0)
    asked: Decimal = Decimal(0)
    is_taken_back: bool = False

    @property
    def is_short(self) -> bool:
        """Whether the gate refuses it, for anybody but administrators."""
        free = self.cover.cover.free
        if self.is_taken_back and not self.cover.cover.handed_out:
            return False
        return self.cover.is_bound and free is not None and self.asked > max(free, Decimal(0))


def new_account_effects(agent: Account, *, credit_limit: Decimal) -> tuple[TermsEffect, ...]:
    """On the agent of an account that does not exist yet."""
    if not credit_limit:
        return ()
    cover = AgentCover(cover_of(agent.pk), funding_of([agent.pk])[agent.pk])
    return (TermsEffect(agent, cover, given=credit_limit, asked=credit_limit),)


def terms_effects(
    actor: Actor, wallet: Wallet, *, credit_limit: Decimal, is_unlimited: bool
) -> tuple[TermsEffect, ...]:
    """On the agent directly above the account, where the actor reaches it, and on the account
    itself, where it hands out money. Nothing where no credit changes. Four statements at most.
    """
    after = copy(wallet)
    after.credit_limit, after.is_unlimited = credit_limit, is_unlimited
    given = worth(after) - worth(wallet)
    received, raised = Decimal(0), credit_limit - wallet.credit_limit
    if wallet.available is not None and after.available is not None:
        received = after.available - wallet.available
    if not given and not received and not raised:
        return ()
    account = wallet.account
    concerned = list(
        Account.objects.within(actor.scope).filter(pk__in=[account.parent_id or 0, account.pk])
    )
    covers = agent_covers(concerned)
    return tuple(
        TermsEffect(one, covers[one.pk], received=received, asked=-raised, is_taken_back=True)
        if one.pk == account.pk
        else TermsEffect(one, covers[one.pk], given=given, asked=raised)
        for one in sorted(concerned, key=lambda one: one.pk == account.pk)
        if one.pk in covers
    )

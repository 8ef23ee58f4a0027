"""The sub-agent policy: set by administrators on an account, inherited by everything below it, the
strictest along the chain counting (docs/domain.md 3).
"""

from django.utils.translation import gettext as _

from accounts.authorizations.queries.policies import own_policy
from accounts.core.actor import Actor, fresh
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AccountPolicy, SubAgentPolicy
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.text import tidied


def policy_set(
    *, actor: Actor, account: Account, sub_agents: SubAgentPolicy | None, reason: str = ""
) -> None:
    """Set the sub-agent policy of an account (None: inherit). Administrators only.

    Raises NotAllowed, NotInScope, Refused, Busy.
    """

    def work(fresh_accounts: dict[int, Account]) -> None:
        nonlocal actor, account
        account = fresh_accounts[account.pk]
        actor = fresh(actor)
        if not actor.scope.everything and not Account.objects.within(actor.scope).filter(
            pk=account.pk
        ):
            raise NotInScope
        if not actor.is_administrator or actor.read_only:
            raise NotAllowed(_("Policies are set by administrators."), code="administrators_only")
        if account.status == Account.Status.CLOSED:
            raise Refused(_("A closed account is never changed."), code="closed")
        before = own_policy(account)
        if before == sub_agents:
            return
        if sub_agents is None:
            AccountPolicy.objects.filter(pk=account.pk).delete()
        else:
            AccountPolicy.objects.update_or_create(
                account=account, defaults={"sub_agents": sub_agents.value}
            )
        record(
            actor=actor,
            action="policy.set",
            account=account,
            before={"sub_agents": before.value if before else None},
            after={"sub_agents": sub_agents.value if sub_agents else None},
            reason=tidied(reason)[:500],
        )

    in_locked_trees(work, touching=[account.pk])

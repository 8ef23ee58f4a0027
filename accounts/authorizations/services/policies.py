"""The sub-agent policy: set by administrators on an account, inherited by everything below it, the
strictest along the chain counting (docs/domain.md 3).
"""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AccountPolicy, SubAgentPolicy
from accounts.core.querysets import ChainLink, chains
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.portal.desk import Desk
from accounts.portal.registry import registry

_STRICTNESS = {one: at for at, one in enumerate(SubAgentPolicy)}


def sub_agent_policy(account: Account) -> SubAgentPolicy:
    """What holds for making `account` an agent: the strictest of what was set from the root down to
    it, or the platform's default (SUB_AGENT_POLICY) where nothing was set.
    """
    way = chains([account.pk]).get(account.pk, ())
    return strictest(_set_on(link.pk for link in way).values())


def policies_along(way: Iterable[ChainLink]) -> dict[int, SubAgentPolicy]:
    """What administrators set on these levels, by their keys. One query."""
    return _set_on(link.pk for link in way)


def strictest(policies: Iterable[SubAgentPolicy]) -> SubAgentPolicy:
    """Forbidden before needs approval before allowed; the platform's default for none."""
    found = list(policies) or [SubAgentPolicy(settings.SUB_AGENT_POLICY)]
    return max(found, key=_STRICTNESS.__getitem__)


def own_policy(account: Account) -> SubAgentPolicy | None:
    """What administrators set on this very account; None: it inherits."""
    return _set_on([account.pk]).get(account.pk)


def _set_on(pks: Iterable[int]) -> dict[int, SubAgentPolicy]:
    rows = AccountPolicy.objects.filter(pk__in=list(pks))
    return {pk: SubAgentPolicy(one) for pk, one in rows.values_list("pk", "sub_agents")}


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
            reason=reason.strip()[:500],
        )

    in_locked_trees(work, touching=[account.pk])


def check_may_become_agent(actor: Actor, agent: Account, *, is_approved: bool = False) -> None:
    """Raise unless `actor` may make `agent` an agent; nothing to ask where it is one already, or
    where administrators and commands act. Operators are no administrators, in the Django admin
    either: there it is refused, for they ask nobody.

    Raises NotAllowed (code `sub_agents_forbidden`) or NeedsApproval.
    """
    if not agent.is_agent:
        check_may_make_agents(actor, agent, is_approved=is_approved)


def check_may_make_agents(actor: Actor, agent: Account, *, is_approved: bool = False) -> None:
    """As `check_may_become_agent`, for what is made below `agent` as well, whatever it is now."""
    if actor.is_administrator:
        return
    policy = sub_agent_policy(agent)
    if policy is SubAgentPolicy.FORBIDDEN:
        raise NotAllowed(
            _("New agents are not permitted here: %(account)s would become one.")
            % {"account": agent.account_id},
            code="sub_agents_forbidden",
        )
    if policy is SubAgentPolicy.APPROVAL and not is_approved:
        raise NeedsApproval(agent)


def approval_needed(actor: Actor, agent: Account) -> bool:
    """Whether making `agent` an agent has to be asked for first. Raises NotAllowed where it is
    forbidden.
    """
    try:
        check_may_become_agent(actor, agent)
    except NeedsApproval:
        return True
    return False


class NeedsApproval(Refused):
    """The act would make an account an agent, which an administrator has to approve first."""

    def __init__(self, agent: Account) -> None:
        super().__init__(
            _("%(account)s would become an agent, which an administrator has to approve first.")
            % {"account": agent.account_id},
            code="needs_approval",
        )
        self.agent = agent


def desk_for(needed: NeedsApproval) -> Desk:
    """Where the deed is asked for instead. Raises `needed` where nobody takes requests."""
    if not registry.desks:
        raise needed
    return registry.desks[0]

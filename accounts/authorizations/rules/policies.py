"""Whether an account may become an agent (docs/domain.md 3)."""

from django.utils.translation import gettext as _

from accounts.authorizations.queries.policies import sub_agent_policy
from accounts.core.actor import Actor
from accounts.core.models import Account, SubAgentPolicy
from accounts.kit.errors import NotAllowed, Refused
from accounts.portal.desk import Desk
from accounts.portal.registry import registry


class NeedsApproval(Refused):
    """The act would make an account an agent, which an administrator has to approve first."""

    def __init__(self, agent: Account) -> None:
        super().__init__(
            _("%(account)s would become an agent, which an administrator has to approve first.")
            % {"account": agent.account_id},
            code="needs_approval",
        )
        self.agent = agent


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


def desk_for(needed: NeedsApproval) -> Desk:
    """Where the deed is asked for instead. Raises `needed` where nobody takes requests."""
    if not registry.desks:
        raise needed
    return registry.desks[0]

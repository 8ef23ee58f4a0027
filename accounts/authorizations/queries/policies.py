"""The sub-agent policy as it holds: the strictest along the chain (docs/domain.md 3)."""

from collections.abc import Iterable

from django.conf import settings

from accounts.core.models import Account, AccountPolicy, SubAgentPolicy
from accounts.core.querysets import ChainLink, chains

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

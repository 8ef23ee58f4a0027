"""Who keeps templates."""

from accounts.core.actor import Actor, Kind
from accounts.core.authorizations import Authorization
from accounts.core.models import AuthorizationTemplate


def may_keep(actor: Actor) -> bool:
    """Whether the actor keeps templates: administrators the platform's, agents their own."""
    if actor.read_only:
        return False
    return actor.is_administrator or (
        actor.kind is Kind.ACCOUNT and Authorization.MANAGE_ACCOUNT in actor.effective
    )


def belongs_to(actor: Actor, template: AuthorizationTemplate) -> bool:
    """Whether it is the actor's to change."""
    return template.owner_id == actor.account_pk

"""Who there is, whose they are, what they may do and what was done."""

from accounts.core.models.account import Account, AccountDetail, AgentVersion, Logo
from accounts.core.models.audit import AuditEntry, AuditSeal
from accounts.core.models.availability import AvailabilityDay, AvailabilityRelease, NamedEntry
from accounts.core.models.grant import (
    AccountGrant,
    AccountGroup,
    AppliedTemplate,
    AuthorizationTemplate,
    GrantBatch,
    GrantChange,
    GrantUse,
)
from accounts.core.models.policy import AccountPolicy, SubAgentPolicy
from accounts.core.models.user import LoginCode, User

__all__ = [
    "Account",
    "AccountDetail",
    "AccountGrant",
    "AccountGroup",
    "AccountPolicy",
    "AgentVersion",
    "AppliedTemplate",
    "AuditEntry",
    "AuditSeal",
    "AuthorizationTemplate",
    "AvailabilityDay",
    "AvailabilityRelease",
    "GrantBatch",
    "GrantChange",
    "GrantUse",
    "LoginCode",
    "Logo",
    "NamedEntry",
    "SubAgentPolicy",
    "User",
]

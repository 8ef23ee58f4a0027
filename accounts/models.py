"""Everything the accounts app stores."""

from accounts.approvals.models import SubAgentRequest
from accounts.core.models import AccountPolicy, SubAgentPolicy
from accounts.core.models.account import Account, AccountDetail, AgentVersion
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
from accounts.core.models.user import LoginCode, User
from accounts.gateways.models import Gateway, GatewayAddress, GatewayCeiling
from accounts.jobs.models import Job, JobFile
from accounts.logins.models import ViewAs
from accounts.numbers.models import NumberRule
from accounts.phones.models import Phone, PhoneLock, PhoneNumber

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
    "Gateway",
    "GatewayAddress",
    "GatewayCeiling",
    "GrantBatch",
    "GrantChange",
    "GrantUse",
    "Job",
    "JobFile",
    "LoginCode",
    "NamedEntry",
    "NumberRule",
    "Phone",
    "PhoneLock",
    "PhoneNumber",
    "SubAgentPolicy",
    "SubAgentRequest",
    "User",
    "ViewAs",
]

"""Everything the accounts app stores."""

from accounts.models.account import Account, AccountDetail, AgentVersion
from accounts.models.approval import AccountPolicy, SubAgentPolicy, SubAgentRequest
from accounts.models.audit import AuditEntry, AuditSeal
from accounts.models.availability import AvailabilityDay, AvailabilityRelease, NamedEntry
from accounts.models.gateway import Gateway, GatewayAddress, GatewayCeiling
from accounts.models.grant import (
    AccountGrant,
    AccountGroup,
    AppliedTemplate,
    AuthorizationTemplate,
    GrantBatch,
    GrantChange,
    GrantUse,
)
from accounts.models.job import Job, JobFile
from accounts.models.number_rule import NumberRule
from accounts.models.phone import Phone, PhoneLock, PhoneNumber
from accounts.models.user import LoginCode, User
from accounts.models.view_as import ViewAs

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

"""Everything the accounts app stores."""

from accounts.models.account import Account, AccountDetail, AgentVersion
from accounts.models.audit import AuditEntry
from accounts.models.user import LoginCode, User

__all__ = ["Account", "AccountDetail", "AgentVersion", "AuditEntry", "LoginCode", "User"]

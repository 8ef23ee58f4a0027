"""The Django admin of operators, a line a package."""

from accounts.approvals import admin as approvals
from accounts.audit import admin as audit
from accounts.authorizations.admin import records
from accounts.gateways import admin as gateways
from accounts.jobs import admin as jobs
from accounts.logins.admin import logins, sessions
from accounts.mail import admin as mail
from accounts.numbers import admin as numbers
from accounts.phones import admin as phones
from accounts.requests import admin as requests
from accounts.switches import admin as switches
from accounts.tree.admin import accounts
from accounts.upkeep import admin as upkeep

__all__ = [
    "accounts", "approvals", "audit", "gateways", "jobs", "logins", "mail", "numbers",
    "phones", "records", "requests", "sessions", "switches", "upkeep",
]  # fmt: skip

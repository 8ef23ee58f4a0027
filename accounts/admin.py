"""The Django admin of operators, a line a package: accounts, logins, sessions, background work, the
audit log, and what stands behind authority.
"""

from accounts.authorizations.admin import authority
from accounts.gateways import admin as gateways
from accounts.jobs import admin as jobs
from accounts.logins.admin import logins, records
from accounts.phones import admin as phones
from accounts.tree.admin import accounts

__all__ = ["accounts", "authority", "gateways", "jobs", "logins", "phones", "records"]

"""The Django admin of operators: accounts, logins, sessions, background work, audit log, and what
stands behind authority.

What other apps put there writes past our services (addresses, second factors, groups): it goes.
Their modules are imported first, so that nothing registers itself again afterwards.
"""

from allauth.account import admin as _account_admin
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _factor_admin
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as _session_admin
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth import admin as _auth_admin
from django.contrib.auth.models import Group
from django_tasks_db import admin as _task_admin
from django_tasks_db.models import DBTaskResult

_OTHERS = (_account_admin, _factor_admin, _session_admin, _auth_admin, _task_admin)

# The queue's own status of a task says nothing: one that was killed runs there for ever.
for model in (EmailAddress, Authenticator, UserSession, Group, DBTaskResult):
    admin.site.unregister(model)

from accounts.authorizations.admin import authority
from accounts.gateways import admin as gateways
from accounts.jobs import admin as jobs
from accounts.logins.admin import logins, records
from accounts.phones import admin as phones
from accounts.tree.admin import accounts

__all__ = ["accounts", "authority", "gateways", "jobs", "logins", "phones", "records"]

"""Answers `user.has_perm("accounts.manage_phone", account)` for pages, templates and the Django
admin.
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from accounts.access import actor_for, allows
from accounts.authorizations import Authorization
from accounts.models import Account


class AuthorizationBackend(BaseBackend):
    """The eight authorizations on an account. Without an account the answer is always no.

    Staff permissions of the Django admin stay with Django's own backend.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not isinstance(obj, Account):
            return False
        app, _dot, code = perm.partition(".")
        if app != "accounts" or code not in list(Authorization):
            return False
        actor = actor_for(user_obj)
        if not Account.objects.within(actor.scope).filter(pk=obj.pk).exists():
            return False
        return allows(actor, Authorization(code), obj)

"""Answers `user.has_perm("accounts.manage_phone", account)` for pages, templates and the Django
admin.
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from accounts.core.actor import Actor, actor_for, allows
from accounts.core.authorizations import PERMISSIONS, Authorization
from accounts.core.models import Account


class AuthorizationBackend(BaseBackend):
    """The eight authorizations on an account. Without an account the answer is always no.

    Within a request the answer comes from what the actor loaded once (`ActorMiddleware` leaves it
    on the login); elsewhere the actor is read anew at every question. Staff permissions of the
    Django admin stay with Django's own backend.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not isinstance(obj, Account) or perm not in PERMISSIONS:
            return False
        known = getattr(user_obj, "actor_of_request", None)
        actor = known if isinstance(known, Actor) else actor_for(user_obj)
        return allows(actor, Authorization(perm.partition(".")[2]), obj)

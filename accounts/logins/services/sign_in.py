"""Who may sign in with what: a user name or e-mail with the password, or a one-time code in its
place.
"""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts.core.actor import with_membership
from accounts.core.models import User
from accounts.kit.prepared import Prepared
from accounts.logins.queries import find_login
from accounts.logins.rules.guards import may_sign_in
from accounts.logins.services.codes import code_opens


class PasswordOrCode(AuthenticationBackend):
    """Checks passwords and one-time codes. Wrong name, wrong password, locked and closed fail
    alike.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user = find_login(credentials.get("username") or credentials.get("email") or "")
        if user is None:
            return None  # The base class then spends the time that checking a password takes.
        self._did_check_password = True
        password = credentials["password"]
        proven = user.check_password(password)
        if not may_sign_in(user):
            return None
        return user if proven or code_opens(user, password) else None

    def get_user(self, user_id: Any) -> User | None:
        """The login of a session, with `has_second_factor` and whether it is one of the
        administrators, in the one query Django makes for it anyway.
        """
        found = _LOGIN_OF_SESSION.objects((), user_id)
        return found[0] if found and found[0].is_active else None


def _login_of_session(_shape: Any, pk: int) -> "QuerySet[User]":
    factor = Authenticator.objects.filter(user=OuterRef("pk")).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    login = with_membership(User.objects.filter(pk=pk))
    return login.annotate(has_second_factor=Exists(factor))


_LOGIN_OF_SESSION = Prepared(_login_of_session)

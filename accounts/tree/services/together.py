"""What is made together with a new account, in the transaction that makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import Actor
from accounts.core.authorizations import Codes
from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.logins.services.codes import Issued
from accounts.logins.services.logins import login_create
from accounts.portal.registry import registry


@dataclass(frozen=True)
class Together:
    """What is made together with a new account: its authorizations, why, its first login, and what
    a request for it kept of what packages add.
    """

    codes: Codes = frozenset()
    reason: str = ""
    # user name, full name and address; never a password.
    first_login: Mapping[str, str] | None = None
    held: Mapping[str, Any] = field(default_factory=dict)

    def make(self, actor: Actor, account: Account) -> Issued | None:
        """Grant and invite, for `with_new` of `account_create`; return the first login's way in.

        Raises as `grants_set`, what packages raise, and as `login_create`, whose fields get the
        prefix `login_`.
        """
        if self.codes:
            grants_set(actor=actor, account=account, codes=self.codes, reason=self.reason)
        for section in registry.form_sections:
            if section.take_up and self.held:
                section.take_up(actor, account, self.held)
        if not self.first_login:
            return None
        try:
            return login_create(
                actor=actor,
                account=account,
                username=self.first_login["username"],
                full_name=self.first_login.get("full_name", ""),
                email=self.first_login.get("email", ""),
            )
        except Refused as error:
            error.field = f"login_{error.field}" if error.field else "login_username"
            raise

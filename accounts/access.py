"""Who acts, what the actor reaches, and whether a deed is permitted.

Pages ask `allows`; services ask `require`, which reads the actor again under the lock and trusts no
page's answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.authorizations import Authorization
from accounts.errors import NotAllowed, NotInScope
from accounts.models import Account, User
from accounts.querysets import ChainLink, chains
from accounts.scope import Scope

ADMINISTRATORS = "Administrators"

# The model permissions an operator's deeds in the Django admin ask for.
ADD_ACCOUNT, CHANGE_ACCOUNT = "accounts.add_account", "accounts.change_account"
DELETE_ACCOUNT = "accounts.delete_account"
ADD_LOGIN, CHANGE_LOGIN = "accounts.add_user", "accounts.change_user"
_VIEWS = ("accounts.view_account", "accounts.view_user")
# One of these lets an operator reach the accounts there.
_REACHING = (*_VIEWS, ADD_ACCOUNT, CHANGE_ACCOUNT, DELETE_ACCOUNT, ADD_LOGIN, CHANGE_LOGIN)


class Kind(StrEnum):
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    ACCOUNT = "account"
    # A command of the operator's shell: the demo, checks, imports.
    SYSTEM = "system"
    # Anonymous, disabled, or a login whose account is closed.
    NOBODY = "nobody"


@dataclass(frozen=True)
class Actor:
    """A person (or a command) at work: the login, the way from the root to its account, what it
    reaches.

    `chain` runs from the root to the own account; empty for platform staff. A read-only actor may
    look and not change, whatever it is authorized for. `in_admin` is said by the Django admin alone
    (`operator_actor`): there, and nowhere else, an operator's model permissions count.
    """

    kind: Kind
    user: User | None = None
    chain: tuple[ChainLink, ...] = ()
    read_only: bool = False
    in_admin: bool = False

    @property
    def is_administrator(self) -> bool:
        """Reaches the whole platform (a command of the shell counts)."""
        return self.kind in (Kind.ADMINISTRATOR, Kind.SYSTEM)

    @property
    def own(self) -> ChainLink | None:
        """The login's own account."""
        return self.chain[-1] if self.chain else None

    @property
    def account_pk(self) -> int | None:
        return self.chain[-1].pk if self.chain else None

    @property
    def is_operator(self) -> bool:
        return self.kind is Kind.OPERATOR

    @cached_property
    def scope(self) -> Scope:
        if self.is_administrator or any(self.is_permitted(one) for one in _REACHING):
            return Scope.EVERYTHING
        return Scope.of(self.chain[-1].pk) if self.chain else Scope.NOTHING

    def is_permitted(self, permission: str) -> bool:
        """Whether this is an operator at work in the Django admin who holds a model permission."""
        at_work = self.is_operator and self.in_admin and self.user is not None
        return at_work and bool(self.user and self.user.has_perm(permission))

    @cached_property
    def blocked_by(self) -> str | None:
        """ "here" or "above" when the own account, or a level above it, is locked or expired; else
        None.
        """
        now = timezone.now()
        if not self.chain:
            return None
        if self.chain[-1].is_stopped(now):
            return "here"
        return "above" if any(link.is_stopped(now) for link in self.chain[:-1]) else None

    @property
    def login(self) -> str:
        """The name the audit log shows."""
        return self.user.get_username() if self.user else str(self.kind)

    def visible_part(self, links: tuple[ChainLink, ...]) -> tuple[ChainLink, ...]:
        """The links of a chain this actor may see: from its own downwards (docs/domain.md 2)."""
        if self.scope.everything:
            return links
        for at, link in enumerate(links):
            if link.pk == self.account_pk:
                return links[at:]
        return ()


SYSTEM = Actor(Kind.SYSTEM)
NOBODY = Actor(Kind.NOBODY)


def actor_for(user: Any) -> Actor:
    """The actor a login is right now, read from the database; at most two queries.

    Authority comes from `User.account` alone; group membership makes administrators only where
    there is no account.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return NOBODY
    if user.account_id is not None:
        chain = chains([user.account_id]).get(user.account_id, ())
        if not chain or chain[-1].status == Account.Status.CLOSED:
            return NOBODY
        return Actor(Kind.ACCOUNT, user, chain)
    if user.is_superuser or user.groups.filter(name=ADMINISTRATORS).exists():
        return Actor(Kind.ADMINISTRATOR, user)
    return Actor(Kind.OPERATOR if user.is_staff else Kind.NOBODY, user)


def operator_actor(user: Any) -> Actor:
    """The actor a member of the platform's staff is in the Django admin; for the admin alone.

    An operator reaches there what its model permissions open. Anybody else is who it is.
    """
    return replace(actor_for(user), in_admin=True)


def allows(
    actor: Actor,
    code: Authorization,
    account: Account | None,
    *,
    permission: str = CHANGE_ACCOUNT,
) -> bool:
    """Whether `actor` may do what `code` covers on `account` (None: at the top level).

    `permission` is the model permission that lets an operator do it in the Django admin.
    """
    return not actor.read_only and (actor.is_administrator or actor.is_permitted(permission))


def fresh(actor: Actor) -> Actor:
    """The same actor as the database knows it now; call it inside the transaction, once locked."""
    if actor.kind is Kind.SYSTEM or actor.user is None:
        return actor
    user = User.objects.filter(pk=actor.user.pk).first()
    return replace(actor_for(user), read_only=actor.read_only, in_admin=actor.in_admin)


def require(
    actor: Actor,
    code: Authorization,
    account: Account | None,
    *,
    permission: str = CHANGE_ACCOUNT,
) -> Actor:
    """Read the actor again and require `code` on `account`; return the fresh actor.

    `permission` as in `allows`. Raises NotInScope for an account the actor does not reach,
    NotAllowed with the missing authorization.
    """
    if account is not None:
        return require_each(actor, code, [account], permission=permission)
    now = fresh(actor)
    if not allows(now, code, None, permission=permission):
        raise NotAllowed(refusal(now, code), code="not_authorized")
    return now


def require_each(
    actor: Actor,
    code: Authorization,
    accounts: Sequence[Account],
    *,
    permission: str = CHANGE_ACCOUNT,
) -> Actor:
    """As `require`, for several accounts at once; one that is out of scope refuses them all."""
    now = fresh(actor)
    pks = {one.pk for one in accounts}
    if Account.objects.within(now.scope).filter(pk__in=pks).count() != len(pks):
        raise NotInScope
    if not all(allows(now, code, one, permission=permission) for one in accounts):
        raise NotAllowed(refusal(now, code), code="not_authorized")
    return now


def refusal(actor: Actor, code: Authorization) -> str:
    """Why not, in one sentence: the missing authorization and who can grant it."""
    if actor.read_only:
        return _("You are looking on behalf of somebody else; nothing can be changed in this view.")
    if actor.is_operator:
        return _("Your permissions do not include this. A superuser can grant them.")
    if actor.blocked_by == "here":
        return _("Your account is locked or expired: nothing can be changed until it is unlocked.")
    if actor.blocked_by == "above":
        return _("Your account is blocked by a level above yours.")
    return _(
        "This needs authorization %(number)s, “%(label)s”, which your account does not hold. "
        "Ask an administrator to do it for you."
    ) % {"number": code.number, "label": code.label}

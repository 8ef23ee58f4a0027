"""Who acts, what the actor reaches, and whether a deed is permitted.

Pages ask `allows`; services ask `require`, which reads the actor again under the lock and trusts no
page's answer. Both are answered by `decide`, which says why as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from accounts.core.above import someone_above
from accounts.core.authorizations import Authorization, Codes, Level, effective
from accounts.core.decisions import Decision, Relation, Rung, Who, decided
from accounts.core.models import Account, GrantUse, User
from accounts.core.querysets import ChainLink, chain_and_grants
from accounts.core.scope import Scope
from accounts.kit.errors import NotAllowed, NotInScope
from accounts.kit.prepared import Prepared

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


# What is done to accounts below the own one: who holds it has, or may have, customers.
_OVER_SUB_ACCOUNTS = frozenset({Authorization.MANAGE_ACCOUNT, Authorization.PAY_SUB_ACCOUNT})
# The deeds of the access check that are no authorization: to add below an account, to move there.
ADD, MOVE = "add", "move"
# Nothing is held where no row says so.
_NO_GRANTS: Mapping[int, Codes] = {}
# How fresh the record of an authorization's last use is kept.
_USE_PRECISION = timedelta(days=1)


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
    # What each level of the chain was granted, by its key.
    grants: Mapping[int, Codes] = field(default_factory=lambda: _NO_GRANTS)
    # The administrator who looks at the portal as this login does; such an actor is read-only.
    viewer: User | None = None
    # The administrator who approved what this login does: the audit log names both.
    approver: User | None = None

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
    def effective(self) -> Codes:
        """The authorizations that count for the own account right now (docs/domain.md 3)."""
        now = timezone.now()
        return effective(
            Level(link.is_stopped(now), self.grants.get(link.pk, frozenset()))
            for link in self.chain
        )

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

    @cached_property
    def is_customer(self) -> bool:
        """Whether the own account is an ordinary one that holds nothing over sub-accounts: its
        pages know no tree and no agents (docs/domain.md 1).
        """
        if self.own is None or self.own.is_agent:
            return False
        return not self.grants.get(self.own.pk, frozenset()) & _OVER_SUB_ACCOUNTS

    @property
    def is_top_level(self) -> bool:
        """Whether the own account stands at the top level: no level is above it."""
        return len(self.chain) == 1

    @property
    def someone_above(self) -> str:
        """What this viewer reads in place of who stands above its account."""
        return someone_above(is_top_level=self.is_top_level)

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
    """The actor a login is right now, read from the database; at most one query.

    Authority comes from `User.account` alone; group membership makes administrators only where
    there is no account.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return NOBODY
    if user.account_id is not None:
        chain, grants = chain_and_grants(user.account_id)
        if not chain or chain[-1].status == Account.Status.CLOSED:
            return NOBODY
        return Actor(Kind.ACCOUNT, user, chain, grants=grants)
    if user.is_superuser or _is_in_administrators(user):
        return Actor(Kind.ADMINISTRATOR, user)
    return Actor(Kind.OPERATOR if user.is_staff else Kind.NOBODY, user)


def with_membership(logins: "QuerySet[User]") -> "QuerySet[User]":
    """The logins, each read together with whether it `is_in_administrators`: for those that live no
    longer than a request, or a transaction.
    """
    members = User.groups.through.objects.filter(user=OuterRef("pk"), group__name=ADMINISTRATORS)
    return logins.annotate(is_in_administrators=Exists(members))


def _is_in_administrators(user: Any) -> bool:
    known: bool | None = getattr(user, "is_in_administrators", None)
    return user.groups.filter(name=ADMINISTRATORS).exists() if known is None else known


def operator_actor(user: Any) -> Actor:
    """The actor a member of the platform's staff is in the Django admin; for the admin alone.

    An operator reaches there what its model permissions open. Anybody else is who it is.
    """
    return replace(actor_for(user), in_admin=True)


def relation(actor: Actor, account: Account | None) -> Relation:
    """Where `account` lies, seen from the actor. No query for an account that was read through the
    actor's own scope.
    """
    if account is None:
        return Relation.TOP
    if account.pk == actor.account_pk:
        return Relation.OWN
    if account.reached_by == actor.scope and not actor.scope.is_empty:
        return Relation.BELOW
    within = Account.objects.within(actor.scope).filter(pk=account.pk).exists()
    return Relation.BELOW if within else Relation.OUTSIDE


def decide(
    actor: Actor,
    code: Authorization,
    account: Account | None,
    *,
    permission: str = CHANGE_ACCOUNT,
    is_agent_id: bool = False,
    viewer: Actor | None = None,
) -> Decision:
    """Whether `actor` may do what `code` covers on `account` (None: at the top level), and why.

    `permission` is the model permission that lets an operator do it in the Django admin.
    `is_agent_id`: the account is the Agent ID of something made or moved there, which may be the
    own account. `viewer` is who reads the explanation, if somebody else.
    """
    if actor.read_only:
        who = Who.READ_ONLY
    elif actor.is_administrator or actor.is_permitted(permission):
        who = Who.ADMINISTRATOR
    elif actor.is_operator:
        who = Who.OPERATOR
    else:
        who = Who.ACCOUNT if actor.kind is Kind.ACCOUNT else Who.NOBODY
    if who is not Who.ACCOUNT:
        return decided(get_language(), who, code, (), Relation.TOP)
    now = timezone.now()
    reader = viewer or actor
    visible = {link.pk for link in reader.visible_part(actor.chain)}
    rungs = tuple(
        Rung(
            link.account_id,
            link.is_stopped(now),
            code in actor.grants.get(link.pk, ()),
            link.pk in visible,
        )
        for link in actor.chain
    )
    return decided(
        get_language(),
        who,
        code,
        rungs,
        relation(actor, account),
        is_agent_id=is_agent_id,
        is_viewer=reader.account_pk == actor.account_pk,
    )


def allows(
    actor: Actor,
    code: Authorization,
    account: Account | None,
    *,
    permission: str = CHANGE_ACCOUNT,
    is_agent_id: bool = False,
) -> bool:
    """Whether `actor` may; the arguments are those of `decide`."""
    return decide(actor, code, account, permission=permission, is_agent_id=is_agent_id).is_allowed


def check_allowed(
    actor: Actor,
    code: Authorization,
    account: Account | None,
    *,
    permission: str = CHANGE_ACCOUNT,
    is_agent_id: bool = False,
) -> None:
    """Raise NotAllowed, with every check that was made, unless `actor` may; the arguments are those
    of `decide`.
    """
    decision = decide(actor, code, account, permission=permission, is_agent_id=is_agent_id)
    if decision.is_allowed:
        return
    question = {}
    if actor.own is not None and account is not None:
        deed = ADD if is_agent_id else code.value
        question = {"who": actor.login, "deed": deed, "target": account.account_id}
    raise NotAllowed(
        decision.sentence,
        code="not_authorized",
        asked=code,
        cause=decision.cause,
        steps=decision.steps,
        question=question,
    )


def fresh(actor: Actor) -> Actor:
    """The same actor as the database knows it now; call it inside the transaction, once locked."""
    if actor.kind is Kind.SYSTEM or actor.user is None:
        return actor
    user = next(iter(_LOGIN.objects((), actor.user.pk)), None)
    return replace(
        actor_for(user),
        read_only=actor.read_only,
        in_admin=actor.in_admin,
        viewer=actor.viewer,
        approver=actor.approver,
    )


def _login(_shape: Any, pk: int) -> "QuerySet[User]":
    return with_membership(User.objects.filter(pk=pk))


_LOGIN = Prepared(_login)


def require(
    actor: Actor,
    code: Authorization,
    account: Account | None,
    *,
    permission: str = CHANGE_ACCOUNT,
    is_agent_id: bool = False,
) -> Actor:
    """Read the actor again and require `code` on `account`; return the fresh actor. The use of the
    authorization is recorded.

    The arguments are those of `decide`. Raises NotInScope for an account the actor does not reach,
    NotAllowed with the reason.
    """
    if account is not None:
        return require_each(actor, code, [account], permission=permission, is_agent_id=is_agent_id)
    actor = fresh(actor)
    check_allowed(actor, code, None, permission=permission)
    return actor


def require_each(
    actor: Actor,
    code: Authorization,
    accounts: Sequence[Account],
    *,
    permission: str = CHANGE_ACCOUNT,
    is_agent_id: bool = False,
) -> Actor:
    """As `require`, for several accounts at once; one that is out of scope refuses them all."""
    actor = require_to_look(actor, code, accounts, permission=permission, is_agent_id=is_agent_id)
    note_use(actor, code)
    return actor


def require_to_look(
    actor: Actor,
    code: Authorization,
    accounts: Sequence[Account],
    *,
    permission: str = CHANGE_ACCOUNT,
    is_agent_id: bool = False,
) -> Actor:
    """As `require_each`, for previews: to look at what would be done is no use of `code`."""
    actor = fresh(actor)
    pks = {one.pk for one in accounts}
    reached = list(Account.objects.within(actor.scope).filter(pk__in=pks))
    if len(reached) != len(pks):
        raise NotInScope
    for account in reached:
        check_allowed(actor, code, account, permission=permission, is_agent_id=is_agent_id)
    return actor


def note_use(actor: Actor, code: Authorization) -> None:
    """Remember that the actor's account made use of `code`; written at most once a day."""
    pk = actor.account_pk
    if pk is None:
        return
    now = timezone.now()
    uses = GrantUse.objects.filter(account_id=pk, code=code)
    if uses.filter(last_used_at__gt=now - _USE_PRECISION).exists():
        return
    GrantUse.objects.bulk_create(
        [GrantUse(account_id=pk, code=code, last_used_at=now)],
        update_conflicts=True,
        unique_fields=["account", "code"],
        update_fields=["last_used_at"],
    )

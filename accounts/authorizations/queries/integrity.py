"""Checks of grants, their groups and memberships against the rules of docs/domain.md 3, in SQL.

None of these rows can widen anything: a right is decided anew at every level. They are wrong all
the same, and `accounts.authorizations.services.repair` puts them right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AccountGrant, AccountGroup, User
from accounts.kit.findings import Findings

_SHOWN = 5
GROUP_PREFIX = "account:"


@dataclass(frozen=True)
class GrantProblem:
    """One broken rule: in words, how many rows break it, and some of the names concerned."""

    rule: str
    rows: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        more = " …" if self.rows > len(self.names) else ""
        return f"{self.rows} × {self.rule}: {', '.join(self.names)}{more}"


def more_than_agent() -> "QuerySet[AccountGrant]":
    """Grants of sub-accounts whose agent does not hold the same."""
    above = AccountGrant.objects.filter(
        content_object=OuterRef("content_object__parent"), permission=OuterRef("permission")
    )
    return AccountGrant.objects.filter(~Exists(above), content_object__parent__isnull=False)


def on_closed() -> "QuerySet[AccountGrant]":
    """Grants of accounts that are closed."""
    return AccountGrant.objects.filter(content_object__status=Account.Status.CLOSED)


def of_nothing() -> "QuerySet[AccountGrant]":
    """Grants of something that is none of the eight authorizations."""
    known = Permission.objects.filter(
        content_type__app_label="accounts",
        content_type__model="account",
        codename__in=list(Authorization),
    )
    return AccountGrant.objects.exclude(permission__in=known)


def of_a_foreign_group() -> "QuerySet[AccountGrant]":
    """Grants held by a group that is not the account's own."""
    own = AccountGroup.objects.filter(account=OuterRef("content_object"), group=OuterRef("group"))
    return AccountGrant.objects.filter(~Exists(own))


def orphan_groups() -> "QuerySet[Group]":
    """Groups of accounts that hold no grant, or that belong to no account."""
    holds = AccountGrant.objects.filter(group=OuterRef("pk"))
    return Group.objects.filter(
        Q(account_link__isnull=False) & ~Exists(holds)
        | Q(account_link__isnull=True, name__startswith=GROUP_PREFIX)
    )


def missing_members() -> "QuerySet[User]":
    """Logins that are not in the group of their account."""
    inside = User.groups.through.objects.filter(
        user=OuterRef("pk"), group__account_link__account=OuterRef("account")
    )
    linked = AccountGroup.objects.filter(account=OuterRef("account"))
    return User.objects.filter(Exists(linked), ~Exists(inside))


def foreign_members() -> "QuerySet[Any, Any]":
    """Memberships of logins in groups of other accounts, of staff in groups of accounts, and of
    accounts' logins in groups of staff.
    """
    memberships = User.groups.through.objects.all()
    in_other = Q(group__account_link__isnull=False) & (
        Q(user__account__isnull=True) | ~Q(user__account=F("group__account_link__account"))
    )
    in_staff = Q(user__account__isnull=False, group__account_link__isnull=True)
    return memberships.filter(in_other | in_staff)


def model_permissions() -> "QuerySet[Any, Any]":
    """Model permissions given to logins of accounts: those are for platform staff."""
    return User.user_permissions.through.objects.filter(user__account__isnull=False)


def clearing_below() -> "QuerySet[Account]":
    """Clearing accounts that have an agent: they are administrators', at the top level."""
    return Account.objects.filter(type=Account.Type.CLEARING, parent__isnull=False)


def generic_rows() -> "tuple[QuerySet[Any], QuerySet[Any]]":
    """Rows in guardian's generic tables, which nothing of the portal reads."""
    return UserObjectPermission.objects.all(), GroupObjectPermission.objects.all()


def grant_problems() -> list[GrantProblem]:
    """Every broken rule; an empty list means sound."""
    return [problem for problem in _checks() if problem.rows]


def type_problems() -> list[GrantProblem]:
    """Accounts whose type does not fit their place. No repair: people decide where they belong."""
    problem = _problem("a clearing account below an agent", clearing_below(), "account_id")
    return [problem] if problem.rows else []


def authorizations_found() -> Findings:
    """Both for whoever runs the portal."""
    return Findings.of(map(str, [*grant_problems(), *type_problems()]))


def _checks() -> Iterator[GrantProblem]:
    account = "content_object__account_id"
    yield _problem("an authorization its agent does not hold", more_than_agent(), account)
    yield _problem("an authorization of a closed account", on_closed(), account)
    yield _problem("a grant that is none of the eight authorizations", of_nothing(), account)
    yield _problem(
        "a grant held by another group than the account's", of_a_foreign_group(), account
    )
    yield _problem("a group without an authorization or an account", orphan_groups(), "name")
    yield _problem("a login missing from its account's group", missing_members(), "username")
    yield _problem("a login in a group that is not its own", foreign_members(), "user__username")
    yield _problem(
        "a login of an account with permissions of staff", model_permissions(), "user__username"
    )
    for rows in generic_rows():
        yield _problem("a permission outside the accounts' own table", rows, "object_pk")


def _problem(rule: str, rows: "QuerySet[Any, Any]", name: str) -> GrantProblem:
    names = rows.order_by(name).values_list(name, flat=True)
    return GrantProblem(rule, rows.count(), tuple(str(one) for one in names[:_SHOWN]))

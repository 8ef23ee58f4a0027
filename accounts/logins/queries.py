"""Reading logins, their second factors and their sessions. Nothing here writes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.core.models import Account, GrantBatch, User
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.beginnings import capitals
from accounts.kit.prepared import Prepared
from accounts.logins.models import SavedView

# Under this name a login keeps which view each list opens with: numbers by the lists' names.
OPENING = "opening_views"


def login_reached(scope: Scope, username: str) -> User | None:
    """The login of this name, in any case, of an account in the scope; who reaches everything finds
    platform staff as well.
    """
    people = User.objects.called(username).filter(in_scope(scope, "account"))
    return people.select_related("account").first()


def logins_like(scope: Scope, text: str) -> "QuerySet[User]":
    """The logins of accounts in the scope whose user name holds the text; who reaches everything
    finds platform staff as well.
    """
    if scope.is_empty:
        return User.objects.none()
    people = User.objects.filter(in_scope(scope, "account"), username__icontains=text)
    return people.select_related("account").order_by("username")


def logins_called(scope: Scope, text: str) -> QuerySet[User]:
    """Logins of accounts in the scope whose user name or full name begins like this; with a sign of
    e-mail, whose address does.
    """
    begins = capitals(text)
    people = User.objects.filter(in_scope(scope, "account"), account__isnull=False)
    if "@" in text:
        return people.filter(email__capitals__beginning=begins).order_by("username")
    named = Q(username__capitals__beginning=begins) | Q(full_name__capitals__beginning=begins)
    return people.filter(named).order_by("username")


def login_of(account: Account, username: str) -> User | None:
    """The account's login of this name, in any case."""
    return User.objects.called(username).filter(account=account).first()


def factors_of(user: Any) -> "QuerySet[Authenticator]":
    """The login's authenticator app and passkeys: its second factors. Recovery codes are none."""
    return held_by(user).exclude(type=Authenticator.Type.RECOVERY_CODES)


def held_by(user: Any) -> "QuerySet[Authenticator]":
    """The login's app, passkeys and recovery codes."""
    return Authenticator.objects.filter(user=user.pk)


def logins_of(account: Account) -> list[User]:
    """The account's logins by name, each knowing whether it `has_second_factor`. One query, however
    often it is asked about the same object.
    """
    found: list[User] | None = vars(account).get("logins_read")
    if found is None:
        found = vars(account)["logins_read"] = _LOGINS.objects((), account.pk)
        for one in found:
            one.account = account
    return found


def saved_views_of(login: User, of_list: str) -> list[SavedView]:
    """The login's own views of a list, in their order. One query."""
    return _VIEWS.objects((), login.pk, of_list)


def _views(_shape: Any, login_pk: int, of_list: str) -> "QuerySet[SavedView]":
    return SavedView.objects.filter(login=login_pk, of_list=of_list)


def saved_view_of(login: User, pk: int, of_list: str = "") -> SavedView | None:
    """The login's own view of this number, of a certain list where that is named."""
    own = SavedView.objects.filter(login=login.pk, pk=pk)
    return (own.filter(of_list=of_list) if of_list else own).first()


def opening_view_of(login: User, of_list: str) -> int | None:
    """The number of the login's own view that the list opens with; None: with none. No query."""
    number: int | None = login.preferences.get(OPENING, {}).get(of_list)
    return number


def count_of_logins(account: Account) -> int:
    """How many logins the account has. One query."""
    return sum(count for _account, count in _COUNT.rows((), account.pk))


def _count(_shape: Any, account_pk: int) -> "QuerySet[User, Any]":
    logins = User.objects.filter(account=account_pk).order_by()
    return logins.values_list("account").annotate(count=Count("*"))


def _logins(_shape: Any, account_pk: int) -> "QuerySet[User]":
    return _with_factors(User.objects.filter(account=account_pk)).order_by("username")


def logins_with_sessions(account: Account) -> "QuerySet[Any]":
    """As `logins_of`, each with its `session_count` as well."""
    alive = session_keys_alive()
    counted = Count("usersession", filter=Q(usersession__session_key__in=alive))
    return _with_factors(account.logins.all()).annotate(session_count=counted).order_by("username")


def logins_active() -> "QuerySet[User]":
    """Logins of accounts that are not locked."""
    return User.objects.filter(account__isnull=False, is_active=True)


def without_factor(logins: "QuerySet[User]") -> "QuerySet[User]":
    """Those of the logins that have no second factor."""
    factors = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
    return logins.exclude(pk__in=factors.values("user"))


def session_keys_alive() -> "QuerySet[Any]":
    """The keys of the sessions that are not over."""
    return Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")


def permissions_called(names: Sequence[str]) -> "QuerySet[Permission]":
    """The permissions of operators with these code names, by what they are about."""
    return Permission.objects.filter(
        content_type__app_label="accounts", codename__in=names
    ).order_by("content_type__model", "codename")


def _with_factors(logins: "QuerySet[User]") -> "QuerySet[Any]":
    factor = Authenticator.objects.filter(user=OuterRef("pk")).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    return logins.annotate(has_second_factor=Exists(factor))


def sessions_alive(user: Any) -> QuerySet[UserSession]:
    """The sessions a login is signed in with now."""
    return UserSession.objects.filter(user=user, session_key__in=session_keys_alive())


def count_in_branches(accounts: Sequence[Account]) -> int:
    """How many logins of these accounts, or of any below them, are signed in right now."""
    if not accounts:
        return 0
    within = Q()
    for account in accounts:
        within |= in_scope(Scope.of(account.pk), "account")
    alive = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return User.objects.filter(within, usersession__last_seen_at__gt=alive).distinct().count()


def opened_by_operators(account: Account) -> list[str]:
    """The names of the account's logins that an operator made or let in, and nobody above since."""
    return _names(User.objects.filter(account=account))


def opened_in(batch: GrantBatch, *, added: bool) -> list[str]:
    """The same for all accounts to which a batch gave something (`added`), or from which it took
    something, as far as they still lie in its branch.
    """
    if batch.account_id is None:
        return []
    concerned = batch.changes.filter(added=added).values("account")
    branch = in_scope(Scope.of(batch.account_id), "account")
    return _names(User.objects.filter(branch, account__in=concerned))


def _names(logins: QuerySet[User]) -> list[str]:
    opened = logins.filter(opened_by_operator=True)
    return list(opened.order_by("username").values_list("username", flat=True))


def find_login(name: str) -> User | None:
    """The login with this user name, or e-mail address when there is an @ in it; in any case."""
    found = User.objects.with_address(name) if "@" in name else User.objects.called(name)
    return found.select_related("account").first()


_LOGINS = Prepared(_logins)
_COUNT = Prepared(_count)
_VIEWS = Prepared(_views)

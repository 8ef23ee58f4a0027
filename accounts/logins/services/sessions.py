"""Ending sign-ins: a session row that is gone makes the browser a stranger at its next request."""

from collections.abc import Iterable
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account, User
from accounts.core.querysets import in_scope
from accounts.core.record import record
from accounts.core.scope import Scope
from accounts.kit.errors import NotAllowed


def session_seen(key: str, user: Any, *, ip: str, user_agent: str) -> None:
    """Note that a session is in use, from where and with what."""
    seen = {"last_seen_at": timezone.now(), "ip": ip, "user_agent": user_agent[:200]}
    if not UserSession.objects.filter(session_key=key).update(**seen):
        # A session that began outside our sign-in page; two first requests at once make one row.
        UserSession.objects.bulk_create(
            [UserSession(session_key=key, user=user, **seen)], ignore_conflicts=True
        )


@transaction.atomic
def own_sessions_end(*, actor: Actor, but: str | None = None) -> int:
    """Sign the actor's own login out everywhere, except in the session `but`. Returns how many
    sessions ended.

    Raises NotAllowed for an actor without a login of its own.
    """
    if actor.user is None or actor.read_only:
        raise NotAllowed(_("These are not your sessions."), code="not_own_login")
    ended = sessions_end_of(actor.user, but=but)
    record(
        actor=actor,
        action="login.sessions_end",
        account=actor.user.account,
        subject=actor.user.username,
        after={"sessions_ended": ended},
    )
    return ended


def sessions_end_of(user: User, *, but: str | None = None) -> int:
    """End all sessions of a login, except the one with the session key `but`. Returns how many
    ended.
    """
    return _end(Q(user=user), but=but)


def session_end_one(session: UserSession) -> int:
    """End one session; return 1, or 0 when it was over already."""
    return _end(Q(pk=session.pk))


def sessions_end_of_logins(pks: Iterable[int]) -> int:
    """End the sessions of these logins. Returns how many ended."""
    return _end(Q(user__in=list(pks)))


def sessions_end_of_accounts(pks: Iterable[int]) -> int:
    """End the sessions of all logins of these accounts. Returns how many ended."""
    return _end(Q(user__account__in=list(pks)))


def sessions_end_of_branch(account: Account) -> int:
    """End the sessions of all logins of an account and of those below it; return how many."""
    return _end(in_scope(Scope.of(account.pk), "user__account"))


@transaction.atomic
def _end(which: Q, *, but: str | None = None) -> int:
    ending = UserSession.objects.filter(which)
    if but:
        ending = ending.exclude(session_key=but)
    keys = list(ending.values_list("session_key", flat=True))
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        Session.objects.filter(session_key__in=some).delete()
        UserSession.objects.filter(session_key__in=some).delete()
    return len(keys)

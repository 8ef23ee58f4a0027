"""An administrator looks at the portal as an account's login does: who, as whom, why, how long.

Looking changes nothing: the actor is read-only, and every service refuses it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, Kind, actor_for, fresh
from accounts.core.models import Account, User
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, Refused
from accounts.kit.text import tidied
from accounts.logins.models import ViewAs

LASTS = timedelta(minutes=30)


@dataclass(frozen=True)
class Viewing:
    """A view that goes on, with the actor to look as; or why it is over (`actor` is None then)."""

    view: ViewAs
    actor: Actor | None
    over: str = ""


@transaction.atomic
def view_as_start(*, actor: Actor, login: User, reason: str) -> ViewAs:
    """Begin to look as `login`; administrators only, for LASTS, with a reason.

    Raises NotAllowed, also for platform staff as the login; Refused without a reason, or where the
    login could not do anything itself: locked, or its account or a level above stopped.
    """
    actor = fresh(actor)
    if (
        actor.kind is not Kind.ADMINISTRATOR
        or actor.read_only
        or actor.viewer
        or actor.user is None
    ):
        raise NotAllowed(_("Administrators look as others do."), code="administrators_only")
    target = User.objects.select_related("account").filter(pk=login.pk).first()
    if target is None or target.account is None:
        raise NotAllowed(
            _("Nobody looks as a member of the platform's staff does."), code="staff_not_viewed"
        )
    reason = tidied(reason)
    if not reason:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")
    as_login = actor_for(target)
    why = _ended(as_login, [link.pk for link in as_login.chain])
    if why:
        raise Refused(why, code="not_viewable")
    view = ViewAs.objects.create(
        viewer=actor.user,
        login=target,
        chain=[link.pk for link in as_login.chain],
        reason=reason[:500],
        expires_at=timezone.now() + LASTS,
    )
    _record(actor, view, target.account, "view_as.start", view.reason)
    return view


def view_as_now(user: User, pk: object) -> Viewing | None:
    """The view with this key as it stands; None where it is not this administrator's."""
    if not isinstance(pk, int):
        return None
    view = ViewAs.objects.select_related("login").filter(pk=pk, viewer=user).first()
    if view is None:
        return None
    if view.ended_at is not None:
        return Viewing(view, None, view.end_reason)
    if view.expires_at <= timezone.now():
        return Viewing(view, None, _("The half hour is over."))
    as_login = actor_for(view.login)
    why = _ended(as_login, view.chain)
    if why:
        return Viewing(view, None, why)
    return Viewing(view, replace(as_login, read_only=True, viewer=user))


@transaction.atomic
def view_as_end(*, view: ViewAs, why: str = "") -> None:
    """End a view, once; `why` is empty when the administrator ended it."""
    ended = ViewAs.objects.filter(pk=view.pk, ended_at=None).update(
        ended_at=timezone.now(), end_reason=why[:200]
    )
    if ended:
        account = Account.objects.filter(pk=view.login.account_id).first()
        _record(actor_for(view.viewer), view, account, "view_as.end", why)


def _ended(as_login: Actor, chain: list[int]) -> str:
    """Why nobody may look as this actor (any more); "" while they may."""
    if as_login.kind is not Kind.ACCOUNT:
        return _("The login is locked, or its account is closed.")
    if as_login.blocked_by:
        return _("The account, or a level above it, is locked or expired.")
    if [link.pk for link in as_login.chain] != chain:
        return _("The account was moved.")
    return ""


def _record(
    administrator: Actor, view: ViewAs, account: Account | None, action: str, reason: str
) -> None:
    record(
        actor=administrator,
        action=action,
        account=account,
        subject=view.login.username,
        reason=reason,
    )

"""Administrators look at who asks for much that others have, and release an account for a day
(docs/domain.md 2).
"""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.availability import released_until, today
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AvailabilityDay, AvailabilityRelease
from accounts.core.reach import refuse_closed
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.text import tidied

KEPT = timedelta(days=30)
RELEASED_FOR = timedelta(days=1)


def availability_release(*, actor: Actor, account: Account, reason: str) -> datetime:
    """Let everything be named to the account, and to what lies below it, for 24 hours from now; the
    end is returned. Each entry is on record all the same. Accounts below that reached the bound by
    themselves stay at theirs. Administrators only, with a reason.

    Raises Refused, NotAllowed, NotInScope, Busy.
    """
    reason = tidied(reason)[:500]
    if not reason:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")

    def work(accounts: dict[int, Account]) -> datetime:
        nonlocal actor, account
        actor = fresh(actor)
        account = accounts[account.pk]
        if not Account.objects.within(actor.scope).filter(pk=account.pk).exists():
            raise NotInScope
        if not actor.is_administrator or actor.read_only:
            raise NotAllowed(_("Administrators decide this."), code="administrators_only")
        refuse_closed(account)
        was = released_until([account.pk]).get(account.pk)
        until = timezone.now() + RELEASED_FOR
        AvailabilityRelease.objects.update_or_create(account=account, defaults={"until": until})
        record(
            actor=actor,
            action="availability.release",
            account=account,
            before={"released_until": was},
            after={"released_until": until},
            reason=reason,
        )
        return until

    return in_locked_trees(work, touching=[account.pk])


def purge_availability() -> int:
    """Delete counts that are older than KEPT; return how many."""
    old = AvailabilityDay.objects.filter(day__lt=today() - KEPT)
    _deleted, each = old.delete()
    return each.get(AvailabilityDay._meta.label, 0)

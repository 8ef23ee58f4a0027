"""Re-rating as people do it (docs/domain.md 7): a preview of legs, kept; then what it has shown is
posted, part after part, and nothing else. Administrators only: it moves the money of every level.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.actor import SYSTEM, Actor
from accounts.core.locks import said_busy
from accounts.jobs.models import Job
from accounts.jobs.services.jobs import job_start
from accounts.jobs.services.work import Work
from accounts.kit.errors import Clash, Refused
from billing.charging.models import Rerating, ReratingLine
from billing.charging.queries.books import Tariffs
from billing.charging.queries.legs import Wanted, legs_counted
from billing.charging.queries.reratings import digest_of, is_busy, wanted_of
from billing.charging.services.rerating import MOST, Differences, check_kept
from billing.charging.services.rerating_work import (
    MOST_LEGS,
    administrator,
    in_transaction,
    locked,
    looked_through,
    posted_parts,
    silent,
)
from billing.money import to_micros
from billing.wallets.models import RateGroup
from billing.wallets.rules import required_reason

CHECK, POST = "rerating-check", "rerating-post"
State = Rerating.State
# A preview looks at no longer time.
MOST_DAYS = 92
# How long a preview waits to be posted, and what was posted is shown leg by leg.
KEPT = timedelta(days=30)


def rerating_new(
    *, actor: Actor, wanted: Wanted, zone: str, group: RateGroup | None = None, reason: str
) -> Rerating:
    """Keep which legs are to be rated anew, those charged at `group` if any, and find out what that
    would change: at once where they are few, else by a job. `zone`: in which the period was meant.
    Nothing is posted.

    Raises Refused with the field, NotAllowed, Busy.
    """
    text = required_reason(reason)
    with said_busy(), transaction.atomic():
        actor = administrator(actor)
        _check_wanted(wanted)
        one = Rerating.objects.create(
            begins_at=wanted.begin,
            ends_at=wanted.end,
            zone=zone,
            accounts=list(wanted.accounts),
            is_alone=wanted.is_alone,
            prefixes=list(wanted.prefixes),
            group_id=group.pk if group else None,
            group_name=group.name if group else "",
            reason=text,
            login=actor.user,
        )
        _check(actor, one)
        return one


def rerating_again(*, actor: Actor, rerating: Rerating) -> Rerating:
    """Look at the legs once more: prices have changed, or the last job did not finish. What was
    posted in part stays as it is, and a new re-rating looks at the same legs.

    Raises Refused where it was posted or a worker is at it, NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, one = administrator(actor), locked(rerating)
        _check_free(one)
        if one.parts.filter(posted_at__isnull=False).exists():
            wanted = wanted_of(one)
            group = RateGroup(pk=one.group_id, name=one.group_name) if one.group_id else None
            return rerating_new(
                actor=actor, wanted=wanted, zone=one.zone, group=group, reason=one.reason
            )
        for rows in (one.parts, one.lines, one.totals):
            rows.all().delete()
        one.state, one.login, one.checked_at = State.CHECKING, actor.user, None
        one.looked_at = one.changed = one.left = 0
        one.save()
        _check(actor, one)
        return one


def rerating_post(*, actor: Actor, rerating: Rerating, expected: str) -> Rerating:
    """Have a worker post what was shown, or what is left of it; `expected` is the digest of that.

    Raises Refused where there is nothing to post, it was posted or a worker is at it; Clash where
    it was looked at again since, NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, one = administrator(actor), locked(rerating)
        _check_free(one)
        if one.state == State.CHECKING:
            raise Refused(_("There is no preview of it yet."), code="not_ready")
        if not one.changed:
            raise Refused(_("No call would cost anything else."), code="nothing_to_do")
        if expected != digest_of(one):
            words = _("This was looked at again in the meantime. Look at it once more.")
            raise Clash(words, code="changed_meanwhile")
        one.state = State.POSTING
        one.post_job = job_start(actor=actor, kind=POST, input=_job_input(one), total=one.looked_at)
        one.save(update_fields=["state", "post_job"])
        return one


def rerate_now(*, wanted: Wanted, reason: str) -> Rerating:
    """For a command: look at these legs, however many they are, and post what differs. Raises
    Refused where some are archived.
    """
    check_kept(wanted)
    one = Rerating.objects.create(
        begins_at=wanted.begin,
        ends_at=wanted.end,
        zone=timezone.get_current_timezone_name(),
        accounts=list(wanted.accounts),
        is_alone=wanted.is_alone,
        prefixes=list(wanted.prefixes),
        group_id=wanted.group,
        reason=required_reason(reason),
    )
    tariffs = Tariffs()
    looked_through(one, tariffs, SYSTEM, in_transaction, silent)
    one.refresh_from_db()
    if one.changed:
        Rerating.objects.filter(pk=one.pk).update(state=State.POSTING)
        posted_parts(one, tariffs, SYSTEM, in_transaction, silent)
        one.refresh_from_db()
    return one


def differences_of(rerating: Rerating) -> Differences:
    """What it changes, for a command to say."""
    found = Differences(legs=rerating.changed, looked_at=rerating.looked_at, unrated=rerating.left)
    for one in rerating.totals.all():
        found.by_account[one.account_id] += to_micros(one.after - one.before)
    return found


def check(work: Work) -> None:
    """The work of a job of the kind CHECK: part after part, it goes on where it stood."""
    one = _of(work)
    looked_through(one, Tariffs(), work.actor, work.part, work.progress)


def post(work: Work) -> None:
    """The work of a job of the kind POST, likewise."""
    one = _of(work)
    posted_parts(one, Tariffs(), work.actor, work.part, work.progress)
    work.finish({"changed": one.changed})


def purge_reratings() -> int:
    """Delete previews that nobody posted within KEPT, and what those that were posted changed leg
    by leg; for housekeeping. What stays of these are the totals, and the charges themselves.
    Returns how many previews and lines.
    """
    before = timezone.now() - KEPT
    with transaction.atomic():
        old = Rerating.objects.filter(created_at__lt=before)
        old = old.exclude(check_job__state__in=Job.OPEN).exclude(post_job__state__in=Job.OPEN)
        has_posted = Q(parts__posted_at__isnull=False) | Q(state=State.POSTED)
        touched = set(old.filter(has_posted).values_list("pk", flat=True))
        lines, _by_kind = ReratingLine.objects.filter(
            rerating__in=old.filter(state=State.POSTED)
        ).delete()
        gone = [pk for pk in old.values_list("pk", flat=True) if pk not in touched]
        Rerating.objects.filter(pk__in=gone).delete()
        return len(gone) + lines


def _check_wanted(wanted: Wanted) -> None:
    """Raise Refused for what no preview looks at."""
    if wanted.end <= wanted.begin:
        raise Refused(_("It has to end after it begins."), code="order", field="until")
    check_kept(wanted)
    if wanted.end - wanted.begin > timedelta(days=MOST_DAYS):
        words = _("At most %(days)s days at a time.") % {"days": MOST_DAYS}
        raise Refused(words, code="too_long", field="until")
    count = legs_counted(wanted, MOST_LEGS)
    if count > MOST_LEGS:
        words = _("These are more than %(most)s calls: choose a shorter period, or fewer accounts.")
        raise Refused(
            words % {"most": number_format(MOST_LEGS, force_grouping=True)},
            code="too_many_calls",
            field="until",
        )
    if not count:
        raise Refused(_("No call of that time was charged."), code="no_calls", field="until")


def _check_free(one: Rerating) -> None:
    if one.state == State.POSTED:
        raise Refused(_("This was posted already."), code="posted")
    if is_busy(one):
        raise Refused(_("A worker is at it right now."), code="busy_rerating")


def _check(actor: Actor, one: Rerating) -> None:
    """Look at the legs: now, or by a job."""
    wanted = wanted_of(one)
    count = legs_counted(wanted, MOST_LEGS)
    if count <= MOST:
        looked_through(one, Tariffs(), actor, in_transaction, silent)
        return
    one.check_job = job_start(actor=actor, kind=CHECK, input=_job_input(one), total=count)
    one.save(update_fields=["check_job"])


def _job_input(one: Rerating) -> dict[str, Any]:
    return {
        "rerating": one.pk,
        "since": one.begins_at.isoformat(),
        "until": one.ends_at.isoformat(),
    }


def _of(work: Work) -> Rerating:
    one = Rerating.objects.filter(pk=work.input["rerating"]).first()
    if one is None:
        raise Refused(_("This re-rating is gone."), code="gone")
    return one

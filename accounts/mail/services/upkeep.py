"""What mails need from time to time. Every step may run at any time, any number of times, on any
number of machines.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.mail.models import Mail
from accounts.mail.services.sending import enqueue

State = Mail.State

# How long an ended mail is kept.
KEPT = timedelta(days=30)
# A server may take so long over one mail, each of its answers within the time-out; longer, and the
# worker is dead.
_SILENCE = timedelta(minutes=5)
_MOST_STOPPED = 5
_LATE = timedelta(minutes=1)
_BATCH = 500


def mails_taken_back() -> int:
    """Queue again what workers took that are silent for too long; return how many. What they had
    sent already is sent twice. What stopped its worker again and again is given up.
    """
    silent = Q(state=State.SENDING, tried_at__lt=timezone.now() - _SILENCE)
    count = 0
    for one in _some(silent):
        if one.attempts < _MOST_STOPPED:
            count += _again(one, {"state": State.WAITING, "token": None})
        else:
            said = _("The worker at it stopped, %(count)s times.") % {"count": one.attempts}
            count += _ours(one).update(
                state=State.GIVEN_UP, token=None, error=said, ended_at=timezone.now()
            )
    return count


def mails_enqueued() -> int:
    """Queue again what is due while no task will bring it to a worker; return how many."""
    late = Q(state=State.WAITING, due_at__lt=timezone.now() - _LATE)
    return sum(_again(one, {}) for one in _some(late) if not _will_come(one))


def mails_left_out(why: str) -> int:
    """Leave out all that waits, with this sentence; return how many. For the demo, whose people
    have no mailbox.
    """
    waiting = Mail.objects.filter(state=State.WAITING)
    return waiting.update(state=State.SKIPPED, error=why, ended_at=timezone.now())


def purge_mails() -> int:
    """Delete mails that ended long ago; return how many."""
    old = Mail.objects.exclude(state__in=Mail.OPEN).filter(ended_at__lt=timezone.now() - KEPT)
    deleted, _each = old.delete()
    return deleted


def _some(which: Q) -> "QuerySet[Mail]":
    return Mail.objects.filter(which).order_by("due_at")[:_BATCH]


@transaction.atomic
def _again(mail: Mail, values: dict[str, object]) -> int:
    """Change it and queue it, unless it is another's meanwhile."""
    if not _ours(mail).select_for_update(skip_locked=True).first():
        return 0
    Mail.objects.filter(pk=mail.pk).update(**values, due_at=timezone.now())
    enqueue([mail])
    return 1


def _ours(mail: Mail) -> "QuerySet[Mail]":
    """The mail's row as long as it is as it was read."""
    return Mail.objects.filter(pk=mail.pk, state=mail.state, token=mail.token, task_id=mail.task_id)


def _will_come(mail: Mail) -> bool:
    """Whether its task still stands in the queue, or was handed to a worker a while ago."""
    if mail.task_id is None:
        return False
    lately = timezone.now() - _SILENCE
    return DBTaskResult.objects.filter(
        Q(status=TaskResultStatus.READY)
        | Q(status=TaskResultStatus.RUNNING, started_at__gt=lately),
        pk=mail.task_id,
    ).exists()

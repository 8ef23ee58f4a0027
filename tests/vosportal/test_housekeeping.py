"""Housekeeping by many processes at once does everything that is due, and each of it once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.audit.services import verify
from accounts.core.models import AuditEntry, AuditSeal
from accounts.jobs.models import Job
from accounts.jobs.services.run import take
from billing.distributions.hooks import DISTRIBUTION
from tests.factories import AccountFactory, UserFactory
from tests.support.crowd import crowd
from tests.support.housekeeping_worker import HousekeepingWorker
from tests.support.jobs import start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_four_processes_at_once_do_what_is_due_once() -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        login = UserFactory()
        for _ in range(5):
            AccountFactory()
        silent, lost = (start(login, DISTRIBUTION.code) for _ in range(2))
        assert take(silent.pk)
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        old = start(login, DISTRIBUTION.code)
        Job.objects.filter(pk=old.pk).update(state=Job.State.FAILED, finished_at=timezone.now())
    DBTaskResult.objects.all().delete()
    settled = AuditEntry.objects.filter(at__lt=timezone.now() - timedelta(minutes=30)).count()
    with crowd(4, HousekeepingWorker, seconds=1) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert done["kept house"] >= 4
    silent.refresh_from_db()
    lost.refresh_from_db()
    assert (silent.state, lost.state) == (Job.State.QUEUED, Job.State.QUEUED)
    # One task brings each of them to a worker, not four.
    assert DBTaskResult.objects.count() == 2
    assert not Job.objects.filter(pk=old.pk).exists()
    assert sum(AuditSeal.objects.values_list("count", flat=True)) >= settled
    assert verify().problems == ()

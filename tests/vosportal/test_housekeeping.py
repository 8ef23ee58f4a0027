"""Housekeeping does what is due, once, however many processes keep house."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.audit.services import verify
from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry, AuditSeal
from accounts.jobs.models import Job
from accounts.jobs.services.run import take
from accounts.mail.models import Mail
from billing.distributions.hooks import DISTRIBUTION
from billing.ledger.models import StatementMailed
from billing.ledger.services.mailing import mailing_set
from tests.factories import AccountFactory, UserFactory
from tests.support.crowd import crowd
from tests.support.housekeeping_worker import HousekeepingWorker
from tests.support.jobs import start

pytestmark = pytest.mark.django_db(transaction=True)


def keep_house(**options: bool) -> str:
    out = StringIO()
    call_command("housekeeping", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_what_takes_longer_is_done_when_it_is_due() -> None:
    assert "old jobs: 0 deleted" in keep_house()
    assert "old jobs" not in keep_house()
    assert "old jobs: 0 deleted" in keep_house(all=True)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert "old jobs: 0 deleted" in keep_house()


def test_sessions_that_ended_are_removed() -> None:
    now = timezone.now()
    for name, until in (("ended", now - timedelta(days=1)), ("open", now + timedelta(days=1))):
        Session.objects.create(session_key=name, session_data="", expire_date=until)
    keep_house()
    assert [one.session_key for one in Session.objects.all()] == ["open"]


def test_one_step_that_fails_keeps_no_other_from_being_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> str:
        raise RuntimeError("no such table")

    hour = timedelta(hours=1)
    monkeypatch.setattr("vosportal.management.commands.housekeeping.STEPS", [("seals", broken)])
    monkeypatch.setattr(
        "vosportal.management.commands.housekeeping.CHORES",
        [("one", broken, hour), ("other", lambda: "done", hour)],
    )
    out = StringIO()
    with pytest.raises(CommandError, match="Failed: seals, one"):
        call_command("housekeeping", stdout=out, stderr=out)
    assert "other: done" in out.getvalue()


def test_a_minute_in_which_nothing_is_due_costs_few_statements(
    django_assert_max_num_queries: object,
) -> None:
    keep_house()
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        keep_house()


@pytest.mark.race
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


@pytest.mark.race
def test_a_statement_is_mailed_once_however_many_keep_house() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        shop = AccountFactory(time_zone="UTC")
        mailing_set(actor=SYSTEM, account=shop, rhythm="daily", addresses="a@b.de, c@b.de")
    with crowd(4, HousekeepingWorker, seconds=1) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert done["kept house"] >= 4
    assert StatementMailed.objects.count() == 1
    assert sorted(Mail.objects.values_list("address", flat=True)) == ["a@b.de", "c@b.de"]

"""What housekeeping does for mails: workers that died, tasks that are lost, what is old."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail as sent_mail
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.mail.models import Mail
from accounts.mail.services.sending import _take
from accounts.mail.services.upkeep import mails_enqueued, mails_taken_back, purge_mails
from tests.support.mail_servers import REFUSING
from tests.support.mails import ended, queued_mail

pytestmark = pytest.mark.django_db

State = Mail.State
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def later(by: timedelta) -> Any:
    return time_machine.travel(timezone.now() + by)


def test_a_mail_whose_worker_was_killed_is_sent_all_the_same() -> None:
    made = queued_mail()
    DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now())
    assert _take(made.pk)
    with later(4 * MINUTE):
        assert mails_taken_back() == 0
    with later(6 * MINUTE):
        assert mails_taken_back() == 1
        assert mails_taken_back() == 0
        assert ended(made) == (State.SENT, "")
    assert len(sent_mail.outbox) == 1


def test_a_mail_that_stops_its_worker_again_and_again_is_given_up() -> None:
    made = queued_mail()
    for n in range(5):
        with later(10 * n * MINUTE):
            assert _take(made.pk)
        with later((10 * n + 6) * MINUTE):
            assert mails_taken_back() == 1
    made.refresh_from_db()
    assert (made.state, made.error) == (State.GIVEN_UP, "The worker at it stopped, 5 times.")


@pytest.mark.parametrize("state", ["gone", "FAILED", "RUNNING"])
def test_a_mail_whose_task_is_lost_gets_a_new_one(state: str) -> None:
    made = queued_mail()
    if state == "gone":
        DBTaskResult.objects.all().delete()
    else:
        DBTaskResult.objects.update(status=state, started_at=timezone.now())
    assert mails_enqueued() == 0
    with later(6 * MINUTE):
        assert mails_enqueued() == 1
        assert mails_enqueued() == 0
        assert ended(made)[0] == State.SENT


def test_a_mail_that_waits_in_the_queue_is_left_alone() -> None:
    queued_mail()
    with later(DAY):
        assert mails_enqueued() == 0
    assert DBTaskResult.objects.count() == 1


def test_a_mail_that_waits_for_its_next_attempt_is_left_alone(settings: Any) -> None:
    settings.EMAIL_BACKEND = REFUSING
    ended(queued_mail())
    assert mails_enqueued() == 0


def test_ended_mails_are_kept_for_thirty_days_and_open_ones_for_ever(settings: Any) -> None:
    ended(queued_mail())
    waiting = queued_mail()
    with later(29 * DAY):
        assert purge_mails() == 0
    with later(31 * DAY):
        assert purge_mails() == 1
    assert list(Mail.objects.all()) == [waiting]


def test_housekeeping_does_all_of_it() -> None:
    said = StringIO()
    call_command("housekeeping", stdout=said)
    assert {"interrupted mails", "lost mails", "old mails", "old workers"} <= {
        line.split(":")[0] for line in said.getvalue().splitlines()
    }

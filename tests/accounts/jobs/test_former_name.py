"""A job that waited while a new release was put in is done by its workers all the same."""

import pytest
from django_tasks_db.models import DBTaskResult

from accounts.jobs.models import Job
from tests.support.jobs import ended, kind_of_work, login_of_agent, start

pytestmark = pytest.mark.django_db

# As earlier releases wrote it into the queue.
FORMER = "accounts.services.jobs_run.run_job"


def test_a_job_queued_under_the_former_name_is_done() -> None:
    done = []
    login = login_of_agent()
    with kind_of_work(lambda work: done.append(work.job.pk)) as kind:
        job = start(login, kind)
        assert DBTaskResult.objects.update(task_path=FORMER) == 1
        state, _why = ended(job)
    assert state == Job.State.DONE
    assert done == [job.pk]

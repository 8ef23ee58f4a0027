"""What refuses a job, by its code."""

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.exports import Export
from accounts.core.models import User
from accounts.jobs.models import Job
from accounts.jobs.services import exports
from accounts.jobs.services.jobs import job_cancel, job_retry, job_start
from accounts.jobs.services.run import _actor_of
from accounts.kit.errors import NotAllowed
from accounts.tree.services.accounts import account_lock
from tests.factories import StaffFactory
from tests.support.jobs import login_of_agent
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db


def job_of(login: User, **values: object) -> Job:
    return Job.objects.create(kind="export", login=login, account=login.account, **values)


def test_nobody_works_for_a_login_whose_account_is_stopped() -> None:
    login = login_of_agent()
    job = job_of(login)
    assert login.account
    account_lock(actor=SYSTEM, account=login.account)
    with refused("account_blocked"):
        _actor_of(job)


def test_nobody_works_for_who_is_no_administrator_any_more() -> None:
    job = job_of(StaffFactory(username="former"))
    with refused("not_administrator"):
        _actor_of(job)


def test_what_waits_is_not_started_again() -> None:
    login = login_of_agent()
    with refused("not_again"):
        job_retry(actor=actor_for(login), job=job_of(login))


def test_what_is_done_is_not_cancelled() -> None:
    login = login_of_agent()
    with refused("too_late"):
        job_cancel(actor=actor_for(login), job=job_of(login, state=Job.State.DONE))


def test_nobody_starts_a_job_who_only_looks() -> None:
    looking = replace(actor_for(login_of_agent()), read_only=True)
    for actor in (looking, SYSTEM):
        with refused("read_only", NotAllowed):
            job_start(actor=actor, kind="export", input={})
    assert not Job.objects.exists()


def test_files_of_one_login_wait_for_one_another() -> None:
    actor = actor_for(login_of_agent())
    rows = Export("phones", None, {}, "phones", [], 1, list, lambda _keys: [])
    asked: dict[str, Any] = {
        "actor": actor,
        "kind": "csv",
        "export": rows,
        "asked_at": timezone.now(),
    }
    with mock.patch.object(exports, "MOST_OPEN", 2):
        for at in range(2):
            exports.export_start(address=f"/phones/{at}/", **asked)
        with refused("too_many_open"):
            exports.export_start(address="/phones/2/", **asked)
    assert Job.objects.count() == 2

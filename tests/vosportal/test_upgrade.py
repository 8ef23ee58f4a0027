"""A platform with everything on it goes back to the state of an old release, and comes up again."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from accounts.jobs.models import Job
from tests.factories.fixtures import signed_in
from tests.support.jobs import ended, kind_of_work, start
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.walk]

# The last migrations of the first release that was put into service.
OLD = (("billing", "0005_phone_cards"), ("accounts", "0008_gateways"))
# What an old release has no place for: finished files of jobs, which can be made again, rates,
# calls and switches.
LOST = {
    "accounts.joboutput", "billing.rategroup", "billing.rate", "billing.ratecorrection",
    "billing.rateimport", "billing.deckrow", "billing.callrecord", "billing.legkey",
    "billing.leg", "billing.quartertotal", "billing.daytotal", "billing.rerating",
    "billing.runningcall", "billing.hold", "accounts.switch", "accounts.authorizationrequest",
    "billing.platformquarter", "billing.platformday", "billing.topday",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _the_newest_again() -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


def counted() -> dict[str, int]:
    """How many rows each table of ours has."""
    ours = [one for app in ("accounts", "billing") for one in apps.get_app_config(app).get_models()]
    return {one._meta.label_lower: one._default_manager.count() for one in ours}


def test_nothing_is_lost_on_the_way_back_and_forth() -> None:
    login = World().logins["agent"]
    browser = signed_in(login)
    with kind_of_work(lambda work: None) as kind:
        job = start(login, kind)
        # As that release wrote it into the queue.
        former = "accounts.services.jobs_run.run_job"
        DBTaskResult.objects.filter(pk=job.task_id).update(task_path=former)
        before = counted()
        for app, name in OLD:
            call_command("migrate", app, name, verbosity=0)
        call_command("migrate", verbosity=0)
        after = counted()
        assert {name for name, count in before.items() if after[name] != count} == LOST
        assert ended(job)[0] == Job.State.DONE
    assert browser.get("/").status_code == 200
    call_command("check_all")

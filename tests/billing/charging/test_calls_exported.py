"""Files of calls that a worker makes: the calls of the time that stood on the screen, however late
it comes to them (ux: C13).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.jobs.models import Job
from accounts.jobs.services import exports
from accounts.jobs.services.jobs import job_retry
from accounts.kit.errors import Refused
from accounts.kit.sheets_out import written
from accounts.tree.services.moving import account_move
from tests.billing.charging.conftest import Groups
from tests.factories import UserFactory
from tests.factories.calls import cdr, charged
from tests.factories.fixtures import signed_in
from tests.factories.trees import ResellerTree
from tests.support.calling import CALLS
from tests.support.jobs import ended
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db
# The last minute of a day, and the first ones of the next.
ASKED = datetime(2027, 4, 5, 23, 59, tzinfo=UTC)
WRITTEN = ASKED + timedelta(minutes=11)


@pytest.fixture
def login(tree: ResellerTree) -> User:
    return UserFactory(account=tree.agent, time_zone="UTC")


@pytest.fixture
def portal(
    login: User, groups: Groups, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> Client:
    """Two calls of the last hour, two earlier that day and one of the day before; every file takes
    a worker.
    """
    monkeypatch.setattr("accounts.portal.views.exports.IN_REQUEST", 0)
    time_machine.move_to(ASKED, tick=False)
    charged(
        *(
            cdr(name, account="Customer-001", at=ASKED - timedelta(**ago))
            for name, ago in (
                ("late", {"minutes": 5}),
                ("evening", {"minutes": 55}),
                ("noon", {"hours": 12}),
                ("early", {"hours": 23, "minutes": 55}),
                ("before", {"hours": 24, "minutes": 1}),
            )
        )
    )
    return signed_in(login)


def asked(portal: Client, query: str) -> Job:
    answer = portal.get(f"{CALLS}export/?{query}&format=csv")
    assert answer.status_code == 303
    return Job.objects.get(pk=answer["Location"].split("/")[2])


def calls_in(portal: Client, job: Job, number: int = 1) -> list[str]:
    answer = portal.get(f"/jobs/{job.pk}/outputs/{number}/")
    return [row["Call ID"] for row in read_csv(answer)]


@pytest.fixture
def two_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls are what a file holds, and the second file breaks off, once."""
    left = [Refused("The disk is full.", code="x")]
    made: list[int] = []

    def breaking(*args: Any) -> Any:
        made.append(1)
        if len(made) == 2:
            raise left.pop()
        return written(*args)

    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    monkeypatch.setattr(exports, "written", breaking)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("period=today", ["late", "evening", "noon", "early"]),
        ("period=", ["late", "evening", "noon", "early"]),
        ("period=hour", ["late", "evening"]),
        ("period=yesterday", ["before"]),
    ],
)
def test_a_file_is_of_the_time_it_was_asked_for(
    portal: Client, time_machine: Any, query: str, expected: list[str]
) -> None:
    job = asked(portal, query)
    time_machine.move_to(WRITTEN, tick=False)
    assert ended(job) == (Job.State.DONE, "")
    assert calls_in(portal, job) == expected


@pytest.mark.usefixtures("two_a_file")
def test_the_files_that_another_attempt_makes_are_of_the_same_time(
    portal: Client, login: User, time_machine: Any
) -> None:
    job = asked(portal, "period=today")
    assert ended(job)[0] == Job.State.DONE_IN_PART
    time_machine.move_to(WRITTEN, tick=False)
    job_retry(actor=actor_for(login), job=job)
    assert ended(job) == (Job.State.DONE, "")
    assert [calls_in(portal, job, at) for at in (1, 2)] == [["late", "evening"], ["noon", "early"]]


def test_a_job_of_an_older_version_is_of_the_moment_it_was_made(
    portal: Client, time_machine: Any
) -> None:
    job = asked(portal, "period=hour")
    del job.input["asked_at"]
    job.save(update_fields=["input"])
    time_machine.move_to(WRITTEN, tick=False)
    ended(job)
    assert calls_in(portal, job) == ["late", "evening"]


def test_who_does_not_reach_an_account_any_more_gets_none_of_its_calls(
    portal: Client, tree: ResellerTree, time_machine: Any
) -> None:
    """As of the moment it was asked for they were its own; whose they are now is asked now."""
    at = ASKED - timedelta(minutes=7)
    charged(cdr("second", account="Customer-002", at=at, seconds=0))
    job = asked(portal, "period=hour")
    assert job.total == 3
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling, reason="x")
    time_machine.move_to(WRITTEN, tick=False)
    ended(job)
    assert calls_in(portal, job) == ["late", "evening"]


def test_asked_for_again_later_it_is_another_file(portal: Client, time_machine: Any) -> None:
    first = asked(portal, "period=today")
    time_machine.move_to(ASKED + timedelta(seconds=30), tick=False)
    assert asked(portal, "period=today").pk == first.pk
    time_machine.move_to(WRITTEN, tick=False)
    charged(cdr("next", account="Customer-001", at=WRITTEN - timedelta(minutes=1)))
    second = asked(portal, "period=today")
    ended(second)
    first.refresh_from_db()
    assert calls_in(portal, first) == ["late", "evening", "noon", "early"]
    assert calls_in(portal, second) == ["next"]

"""A list confirmed by many at once, and workers killed while they pay one: every payment is there
once, or none of them.
"""

import random
import time
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.jobs.models import Job
from accounts.jobs.queries import file_of
from accounts.jobs.services.upkeep import requeue_interrupted
from accounts.tree.services.load import Draft, accounts_load
from billing.distributions.models import Distribution
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import AccountFactory, UserFactory, grant
from tests.support import processes
from tests.support.crowd import crowd
from tests.support.distributing import draft
from tests.support.jobs import work_off
from tests.support.paying import balance, pay
from tests.support.same_list_worker import SameListWorker
from tests.support.waiting import wait_until_alone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 4
SIZE = 5000


@pytest.fixture
def agent(transactional_db: None) -> Account:
    """An agent on covered, whose wallet every payment locks."""
    agent = grant(AccountFactory(account_id="Dhaka"), Authorization.PAY_SUB_ACCOUNT)
    accounts_load(actor=SYSTEM, drafts=[Draft(f"C-{n}", "x", "Dhaka") for n in range(SIZE)])
    pay(agent, "100")
    payment_policy_set(actor=SYSTEM, account=agent, funding="covered")
    return agent


@pytest.fixture
def payer(agent: Account) -> Actor:
    return actor_for(UserFactory(account=agent, username="payer"))


def listed(size: int) -> str:
    return "\n".join(f"C-{n},0.01,R-{n}" for n in range(size))


def test_one_list_confirmed_by_many_at_once_is_paid_once(payer: Actor, agent: Account) -> None:
    lists = draft(payer, listed(3)), draft(payer, "\n".join(f"C-{n},0.02" for n in range(150)))
    with crowd(PROCESSES, SameListWorker, seconds=1.5, least=3) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert len(done) == 1, "everybody gets the same payments and the same job"
    assert sum(done.values()) >= 3 * PROCESSES
    assert Job.objects.count() == 1
    work_off()
    assert Transaction.objects.exclude(batch="").count() == 153
    assert {one.posted_at for one in Distribution.objects.all()} != {None}
    assert len(lists) == Distribution.objects.count()
    assert cover_of(agent.pk).handed_out == Decimal("3.03")
    assert ledger_problems() == []


def worker() -> processes.Process:
    return processes.managing("db_worker", "--batch", "--no-reload", "--no-startup-delay")


def paid_whole(one: Distribution) -> bool:
    """Whether the list is paid: all of it, or nothing. Fails for anything between."""
    one.refresh_from_db()
    made = Transaction.objects.filter(batch=str(one.pk)).count()
    assert made in (0, SIZE)
    assert (one.posted_at is not None) == (made == SIZE)
    assert ledger_problems() == []
    return made == SIZE


def killed(job: Job, after: float) -> None:
    """Let a worker begin the job, kill it so much later, and let housekeeping find that out."""
    process = worker()
    while process.is_alive() and Job.objects.get(pk=job.pk).state == Job.State.QUEUED:
        time.sleep(0.01)
    time.sleep(after)
    processes.killed(process)
    wait_until_alone()
    with time_machine.travel(timezone.now() + timedelta(seconds=75)):
        requeue_interrupted()


def started(payer: Actor) -> tuple[Distribution, Job]:
    one = draft(payer, listed(SIZE))
    digest = distribution_preview(actor=payer, distribution=one).digest
    job = distribution_pay(actor=payer, distribution=one, expected=digest).job
    assert job is not None
    return one, job


# Within the checks, within the transaction, and about when it ends.
@pytest.mark.slow
@pytest.mark.parametrize("latest", [0.6, 1.5])
def test_workers_killed_while_paying_leave_the_list_whole(
    payer: Actor, agent: Account, latest: float
) -> None:
    dice = random.Random(2026)
    one, job = started(payer)
    for _time in range(2):
        killed(job, after=dice.uniform(0, latest))
        paid_whole(one)
    # Whatever is left to do, the next worker does.
    assert processes.ended(worker()) == 0
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.DONE, "")
    assert paid_whole(one)
    assert cover_of(agent.pk).handed_out == 50
    assert len((file_of(job, "result") or ([], []))[1]) == SIZE


def test_a_list_whose_workers_die_again_and_again_says_so(payer: Actor, agent: Account) -> None:
    one, job = started(payer)
    for _time in range(3):
        killed(job, after=0.1)
    job.refresh_from_db()
    assert job.state == Job.State.INTERRUPTED
    assert "stopped, 3 times" in job.error
    assert not paid_whole(one)
    assert balance(agent) == 100
    # Who handed it in may try again.
    plan = distribution_preview(actor=payer, distribution=one)
    assert plan.is_ready

"""Cards with many at work: each is used once, and a batch is made whole or not at all."""

import time
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from accounts.jobs.models import Job
from accounts.jobs.services.upkeep import requeue_interrupted
from accounts.jobs.services.work import SILENCE
from accounts.tree.services.load import Draft, accounts_load
from billing.cards import pins
from billing.cards.models import Card, CardBatch
from billing.cards.services import generation
from billing.cards.services.generation import batch_request
from billing.ledger.models import Entry, House, Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.wallets.models import Handing, Wallet
from tests.factories import AccountFactory, UserFactory, grant
from tests.support import processes
from tests.support.card_release_worker import ReleaseWorker, SameReleaseWorker
from tests.support.card_worker import CardWorker
from tests.support.carding import cards, draft
from tests.support.covering import covered
from tests.support.crowd import crowd
from tests.support.jobs import work_off
from tests.support.waiting import wait_until_alone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

COUNT = 100


@pytest.fixture
def agent(transactional_db: None) -> Account:
    agent = grant(AccountFactory(account_id="Dhaka"))
    accounts_load(actor=SYSTEM, drafts=[Draft(f"C-{n}", "x", "Dhaka") for n in range(5)])
    agent.refresh_from_db()
    UserFactory(account=agent, username="seller")
    return agent


def test_two_processes_use_each_of_a_hundred_cards_once(agent: Account) -> None:
    cards(agent, COUNT, face_value=Decimal("2.50"))
    with crowd(2, CardWorker, seconds=1.0, least=COUNT + 1) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert (done["used"], done["card_used"]) == (COUNT, COUNT)
    assert Card.objects.filter(status="used_up").count() == COUNT
    assert Transaction.objects.filter(kind="card").count() == COUNT
    total = sum((one.balance for one in Wallet.objects.all()), Decimal(0))
    assert total == Decimal("2.50") * COUNT
    out = Entry.objects.filter(house=House.CARDS).values_list("amount", flat=True)
    assert sum(out, Decimal(0)) == -total
    assert ledger_problems() == []
    assert trial_balance() == 0


@pytest.fixture
def covered_agent(transactional_db: None) -> Account:
    """An agent on covered that has 20, with five customers; a login of it, and one above it."""
    drafts = [Draft("Top", "x"), Draft("Dhaka", "x", "Top")]
    accounts_load(actor=SYSTEM, drafts=drafts)
    accounts_load(actor=SYSTEM, drafts=[Draft(f"C-{n}", "x", "Dhaka") for n in range(5)])
    agent = grant(Account.objects.get(account_id="Dhaka"))
    UserFactory(account=agent, username="seller")
    UserFactory(account=Account.objects.get(account_id="Top"), username="boss")
    covered(agent, "20")
    return agent


@pytest.mark.slow
def test_eight_processes_hand_out_no_more_in_cards_than_is_free(covered_agent: Account) -> None:
    """What is free is about the value of a card all the time; the same ranges are released by
    several, while others pay, use cards, and take back from the agent.
    """
    for first in ("A001", "B001"):
        cards(covered_agent, COUNT, first, released=False)
    with crowd(8, ReleaseWorker, seconds=3.0, least=25) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert done["release"] > 5
    assert done["not_covered"] > 0
    assert done["busy"] < sum(done.values()) / 10
    released = Card.objects.filter(released_at__isnull=False).count()
    assert sum(one.released for one in CardBatch.objects.all()) == released
    handed = Handing.objects.filter(kind="cards").values_list("amount", flat=True)
    assert sum(handed, Decimal(0)) == 5 * released
    assert ledger_problems() == []
    assert trial_balance() == 0


def test_the_same_range_released_by_eight_at_once_is_released_once(agent: Account) -> None:
    batch = cards(agent, 50, "S001", released=False)
    with crowd(8, SameReleaseWorker, seconds=1.0, below=batch.pk) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert done["released"] == 1
    batch.refresh_from_db()
    assert batch.released == 50
    assert Handing.objects.get().amount == 250


@pytest.mark.slow
def test_a_worker_killed_while_making_cards_leaves_none_and_another_makes_all(
    agent: Account,
) -> None:
    seller = actor_for(agent.logins.get())
    job = batch_request(actor=seller, account=agent, draft=draft(20_000, "K000001"), key="k")
    worker = processes.managing("db_worker", "--batch", "--no-reload", "--no-startup-delay")
    for _time in range(600):
        job.refresh_from_db()
        if job.state == Job.State.RUNNING and job.done:
            break
        time.sleep(0.05)
    processes.killed(worker)
    wait_until_alone()
    job.refresh_from_db()
    was_in_time = job.committed_at is not None
    made = (CardBatch.objects.count(), Card.objects.count())
    assert made == ((1, 20_000) if was_in_time else (0, 0))
    if not was_in_time:
        Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - 2 * SILENCE)
        requeue_interrupted()
        work_off()
    assert Card.objects.count() == 20_000
    assert CardBatch.objects.get().count == 20_000


def test_while_cards_are_worked_out_others_write(
    agent: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer: what takes long is done before there is a transaction."""
    waiting: list[bool] = []

    def noted(work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            waiting.append(connection.in_atomic_block)
            return work(*given)

        return counted

    monkeypatch.setattr(generation, "encrypted", noted(generation.encrypted))
    monkeypatch.setattr(generation, "lookup_hashes", noted(generation.lookup_hashes))
    monkeypatch.setattr(pins, "drawn", noted(pins.drawn))
    batch_request(actor=actor_for(agent.logins.get()), account=agent, draft=draft(50), key="k")
    work_off()
    assert Card.objects.count() == 50
    assert waiting == [False] * 150


def test_a_thousand_cards_are_written_in_as_many_statements_as_ten(agent: Account) -> None:
    def statements(count: int, first: str) -> int:
        found = generation._drawn(12, count)
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            generation._written(SYSTEM, agent, draft(count, first), found)
        return len([one for one in queries if "times" not in one["sql"]])

    assert statements(1000, "B0001") == statements(10, "A0001")


@pytest.mark.parametrize("count", [1, 165, 166, 167, 332])
def test_all_of_a_batch_are_written_however_they_fit_into_statements(
    agent: Account, count: int
) -> None:
    batch = cards(agent, count, "A0001", released=False)
    written = Card.objects.filter(batch=batch).order_by("pk")
    assert [one.serial for one in written] == [batch.serial_at(place) for place in range(count)]
    assert len({one.lookup_hash for one in written}) == count


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_card_that_is_being_made_takes_half_a_kilobyte(agent: Account) -> None:
    def peak(count: int, first: str) -> int:
        tracemalloc.start()
        cards(agent, count, first, released=False)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1000, "A000001")
    few, many = peak(2000, "B000001"), peak(12_000, "C000001")
    # A hundred thousand fit beside everything else that a worker holds.
    assert many - few < 10_000 * 600

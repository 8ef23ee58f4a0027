"""Many processes change the trees at once, and some die: the trees stay sound and nothing is lost."""

import random
import signal
import time

import pytest
from django.db import connection

from accounts.access import SYSTEM
from accounts.models import Account, AuditEntry
from accounts.services.accounts import account_create
from accounts.services.bulk import Draft, accounts_load
from tests.support.crowd import crowd
from tests.support.trees import assert_sound

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 8
SECONDS = 4.0


@pytest.fixture
def forest(transactional_db: None) -> int:
    """One tree of 60 and five of 8, loaded at once; returns how many accounts that is."""
    drafts = [Draft(f"Big-{n}", "x", f"Big-{(n - 1) // 3}" if n else "") for n in range(60)]
    for tree in range(5):
        drafts += [
            Draft(f"T{tree}-{n}", "x", f"T{tree}-{(n - 1) // 2}" if n else "") for n in range(8)
        ]
    return accounts_load(actor=SYSTEM, drafts=drafts)


def assert_parents_equal_the_record() -> None:
    """Nobody's deed was undone by somebody else's: every account is where the log last put it."""
    last: dict[int, str | None] = {}
    moves = AuditEntry.objects.filter(action__in=("account.create", "account.move"))
    for entry in moves.order_by("pk"):
        assert entry.account_pk is not None
        last[entry.account_pk] = entry.after["agent"]
    for account in Account.objects.filter(pk__in=last).select_related("parent"):
        assert (account.parent.account_id if account.parent else None) == last[account.pk]


def wait_until_alone() -> None:
    """The server notices a killed client only at its next word; until then its work is still open."""
    if connection.vendor != "postgresql":
        return
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.1)
    raise AssertionError("connections of killed processes stay open")


def test_eight_processes_mixing_creates_and_moves_leave_sound_trees(forest: int) -> None:
    with crowd(PROCESSES, seconds=SECONDS) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    # They did meet, and most got through.
    assert done["create"] > 20
    assert done["move"] > 10
    assert done["busy"] < (done["create"] + done["move"]) / 10
    assert Account.objects.count() == forest + done["create"] - done["delete"]
    assert_sound()
    assert_parents_equal_the_record()


def test_processes_killed_at_random_moments_leave_sound_trees(forest: int) -> None:
    dice = random.Random(2026)
    with crowd(PROCESSES, seconds=60) as workers:
        workers.start()
        time.sleep(0.5)
        for process in workers.processes:
            time.sleep(dice.uniform(0.05, 0.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert process.returncode == -signal.SIGKILL
    wait_until_alone()
    assert AuditEntry.objects.filter(action="account.move").exists()
    assert_sound()
    assert_parents_equal_the_record()
    # Nobody left a lock behind.
    account_create(
        actor=SYSTEM,
        account_id="After",
        name="x",
        parent=Account.objects.get(account_id="Big-0"),
    )
    account_create(actor=SYSTEM, account_id="After-root", name="x")
    assert_sound()

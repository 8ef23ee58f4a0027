"""Many processes change the trees at once, and some die: trees stay sound, nothing is lost."""

import random
import re
import signal
import time
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry
from accounts.tree.services.accounts import account_create
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import UserFactory
from tests.factories.fixtures import signed_in
from tests.support import processes
from tests.support.crowd import crowd
from tests.support.tree_worker import TreeWorker
from tests.support.trees import assert_sound
from tests.support.waiting import until, wait_until_alone

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.smoke,
]  # fmt: skip

PROCESSES = 8
SECONDS = 4.0
# How often an agent's pages are read while its neighbour grows.
ROUNDS = 4


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


@pytest.mark.slow
def test_eight_processes_mixing_creates_and_moves_leave_sound_trees(forest: int) -> None:
    with crowd(PROCESSES, TreeWorker, seconds=SECONDS, least=20) as workers:
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
    with crowd(PROCESSES, TreeWorker, seconds=60) as workers:
        workers.start()
        until(AuditEntry.objects.filter(action="account.move").exists)
        assert len(workers.processes) == PROCESSES
        for process in workers.processes:
            time.sleep(dice.uniform(0.05, 0.5))
            processes.killed(process)
            assert process.exitcode == -signal.SIGKILL
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


@pytest.mark.slow
def test_no_foreign_row_is_ever_shown_while_the_neighbours_tree_grows(
    transactional_db: None,
) -> None:
    """Boundaries remembered from an earlier statement would show a neighbour's accounts."""
    # Every write below the first neighbour shifts ours, and the next ones stand edge to edge with
    # it: a single write between two statements is enough to show one of them.
    accounts_load(
        actor=SYSTEM,
        drafts=[
            Draft("Top", "x"),
            Draft("Growing", "x", "Top"),
            *(Draft(f"Growing-{n}", "x", "Growing") for n in range(20)),
            Draft("Foreign-left", "x", "Top"),
            Draft("Big-3", "x", "Top"),
            *(Draft(f"Big-3{n}", "x", "Big-3") for n in range(9)),
            *(Draft(f"Big-3{n}x", "x", f"Big-3{n}") for n in range(9)),
            Draft("Foreign-right", "x", "Top"),
        ],
    )
    agent = Account.objects.get(account_id="Big-3")
    neighbour = Account.objects.get(account_id="Growing")
    own = set(
        Account.objects.filter(account_id__startswith="Big-3").values_list("account_id", flat=True)
    )
    assert len(own) == 19
    browser = signed_in(UserFactory(account=agent))
    pages = (
        "/accounts/Big-3/sub-accounts/?show=all",
        "/accounts/Big-3/sub-accounts/?show=all&sort=account_id&q=o",
        "/search/?q=Foreign",
        "/search/?q=Big-",
        "/tree/branch/Big-3/",
        nothing_found := "/tree/search/?q=W",
        "/",
    )
    export = "/accounts/Big-3/sub-accounts/export/?show=all&sort=account_id&format=csv"
    rounds = 0
    # The tree grows until it was looked at often enough, however slow the machine is.
    with crowd(4, TreeWorker, seconds=60, below=neighbour.pk) as workers:
        workers.start()
        until = time.monotonic() + SECONDS
        while rounds < ROUNDS or time.monotonic() < until:
            rounds += 1
            assert all(process.is_alive() for process in workers.processes)
            for page in pages:
                body = content(browser.get(page))
                shown = set(re.findall(r'data-account="([^"]+)"', body))
                assert shown <= own, page
                assert ("Big-3" in body) == (page != nothing_found), page
                assert "Foreign-" not in body.replace("q=Foreign-", ""), page
                assert not re.search(r"\bW\d-\d", body), page
            file = content(browser.get(export))
            assert not re.search(r"Foreign-|\bW\d-\d", file)
            ids = {line.split(",")[0].strip('"') for line in file.splitlines()[1:]}
            assert ids == own - {"Big-3"}
        workers.stop()
        done, errors = workers.finish()
    print(rounds, dict(done))
    assert errors == []
    assert done["create"] > 10
    assert_sound()


def content(response: Any) -> str:
    """The whole body of an answer, also of one that is sent in pieces."""
    assert response.status_code == 200, response.status_code
    if response.streaming:
        return b"".join(response.streaming_content).decode("utf-8-sig")
    return response.content.decode()

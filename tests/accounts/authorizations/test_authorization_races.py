"""Many processes grant, revoke, restore, move and approve at once: the subset rule holds at the end
of every interleaving, and no audit entry is lost.
"""

import pytest

from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.integrity import grant_problems
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import ALL, Authorization
from accounts.core.models import Account, AuditEntry, GrantChange
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import StaffFactory, UserFactory
from tests.support.crowd import crowd
from tests.support.grant_worker import GrantWorker
from tests.support.trees import assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 8
SECONDS = 6.0


@pytest.mark.slow
def test_eight_processes_granting_revoking_moving_and_approving_keep_the_subset_rule(
    transactional_db: None,
) -> None:
    accounts_load(
        actor=SYSTEM,
        drafts=[
            Draft(f"T{tree}-{n}", "x", f"T{tree}-{(n - 1) // 2}" if n else "")
            for tree in range(3)
            for n in range(8)
        ],
    )
    for account in Account.objects.filter(account_id__in=("T0-0", "T0-1", "T1-0", "T1-1")):
        UserFactory(account=account)
    StaffFactory(username="staff-approver", administrator=True)
    for account in Account.objects.filter(level__lte=1).order_by("level"):
        grants_set(actor=SYSTEM, account=account, codes=ALL, reason="start")
    with crowd(PROCESSES, GrantWorker, seconds=SECONDS, least=25) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    # They did meet, and most got through.
    assert done["grant"] > 5
    assert done["revoke"] > 5
    assert done["move"] > 3
    assert done["ask"] > 3
    assert done["approve"] > 0
    assert_sound()
    assert grant_problems() == []
    assert_every_change_is_in_the_log()
    assert_what_is_held_is_what_the_history_says()


def assert_every_change_is_in_the_log() -> None:
    entries = AuditEntry.objects.filter(action__startswith="grant.")
    assert entries.count() == GrantChange.objects.count()


def assert_what_is_held_is_what_the_history_says() -> None:
    """No deed was undone by another that did not see it."""
    last: dict[tuple[int, str], bool] = {}
    for change in GrantChange.objects.order_by("batch_id", "pk"):
        last[change.account_id, change.code] = change.added
    for account in Account.objects.all():
        told = {code for (pk, code), added in last.items() if pk == account.pk and added}
        assert held(account) == {Authorization(code) for code in told}, account

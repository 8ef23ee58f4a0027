"""Several processes decide the same requests at the same moment: one decision each, done once."""

from collections import Counter

import pytest

from accounts.approvals.models import SubAgentRequest
from accounts.core.models import Account, AuditEntry
from tests.factories import UserFactory, reseller_tree
from tests.support.asking import ask, authorized
from tests.support.crowd import crowd
from tests.support.decide_worker import DecideWorker
from tests.support.trees import assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

REQUESTS = 16


def test_of_all_decisions_one_counts() -> None:
    tree = authorized(reseller_tree())
    login = UserFactory(account=tree.agent)
    for at in range(REQUESTS):
        ask(login, tree.customer, f"Counter-{at}")
    with crowd(4, DecideWorker, seconds=1, least=REQUESTS) as people:
        people.start()
        done, errors = people.finish()
    assert errors == []
    decisions = ("approved", "rejected", "withdrawn")
    # Whoever was too late was told so, or saw others at work three times.
    assert sum(done[one] for one in decisions) == REQUESTS
    assert sum(done[one] for one in (*decisions, "already_decided", "busy")) == 4 * REQUESTS
    kept = Counter(SubAgentRequest.objects.values_list("status", flat=True))
    assert kept == {one: done[one] for one in decisions if done[one]}
    made = Account.objects.filter(account_id__startswith="Counter-")
    assert made.count() == done["approved"]
    entries = AuditEntry.objects.filter(
        action__in=("request.approve", "request.reject", "request.withdraw")
    )
    assert entries.count() == entries.values("subject").distinct().count() == REQUESTS
    assert_sound()

"""Several processes want the same name, and the same address: one of them gets it."""

from collections import Counter

import pytest

from accounts.core.models import AuditEntry
from accounts.gateways.models import Gateway, GatewayAddress
from tests.factories import AccountFactory
from tests.support.crowd import crowd
from tests.support.gateway_worker import GatewayWorker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 4


def test_a_name_and_an_address_are_given_away_once(transactional_db: None) -> None:
    for seed in range(PROCESSES):
        AccountFactory(account_id=f"Agent-{seed}")
    with crowd(PROCESSES, GatewayWorker, seconds=3.0, least=30) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    # They did meet.
    assert done["not_available"] > 5
    assert done["address_in_use"] > 5
    names = [one.lower() for one in Gateway.objects.values_list("name", flat=True)]
    assert len(names) == len(set(names)) == done["name"] + done["address"]
    addresses = Counter(GatewayAddress.objects.values_list("text", flat=True))
    assert set(addresses.values()) == {1}
    # What was refused left nothing behind.
    assert AuditEntry.objects.filter(action="gateway.create").count() == len(names)

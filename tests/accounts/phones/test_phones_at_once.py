"""Processes that want the same number at the same moment: one gets it, the others are told."""

import pytest

from accounts.phones.models import Phone, PhoneNumber
from tests.factories import AccountFactory
from tests.support.crowd import crowd
from tests.support.phone_worker import PhoneWorker
from tests.support.waiting import wait_until_alone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 2
SECONDS = 4.0


def test_a_number_goes_to_one_phone_whoever_asks(transactional_db: None) -> None:
    for seed in range(PROCESSES):
        AccountFactory(account_id=f"Tree-{seed}")
    with crowd(PROCESSES, PhoneWorker, seconds=SECONDS, least=20) as workers:
        workers.start()
        done, errors = workers.finish()
    wait_until_alone()
    assert errors == []
    refused = done.pop("not_available", 0)
    done.pop("busy", 0)
    assert refused > 0, "they never met"
    # Each number was got once, and leads to the one phone it was got for.
    assert set(done.values()) == {1}
    shared = PhoneNumber.objects.filter(number__startswith="88017")
    assert shared.count() == len(done)
    phones = list(Phone.objects.all())
    assert len(phones) == len(done)
    for one in phones:
        own = [found for found in one.numbers.all() if not found.is_did]
        assert [found.number for found in own] == [one.number]

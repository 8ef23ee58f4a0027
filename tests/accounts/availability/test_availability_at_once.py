"""Eight processes of two sub-agents ask for what others have: together they are named twenty."""

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.availability import ACTION, MOST_NAMED
from accounts.core.models import Account, AuditEntry, AvailabilityDay, NamedEntry
from accounts.phones.services.many import phones_create
from tests.factories import AccountFactory, GatewayFactory, UserFactory, grant
from tests.support.availability_worker import AvailabilityWorker
from tests.support.crowd import crowd

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 8


def test_no_more_than_twenty_are_named_however_many_ask_at_once(transactional_db: None) -> None:
    top = AccountFactory(account_id="Top")
    for name in ("Dhaka", "Sylhet"):
        grant(AccountFactory(account_id=name, parent=top))
        UserFactory(account=Account.objects.get(account_id=name), username=name.lower())
    other = AccountFactory(account_id="Other")
    phones_create(actor=SYSTEM, account=other, numbers="4470000 – 4470799")
    for at in range(1, 40, 2):
        GatewayFactory(account=other, name=f"theirs-{at}")
    with crowd(PROCESSES, AvailabilityWorker, seconds=2.0, least=16) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    assert done["silent"] > 20
    counts = dict(AvailabilityDay.objects.values_list("account__account_id", "named"))
    assert counts["Top"] == counts["Dhaka"] + counts["Sylhet"] == MOST_NAMED
    assert NamedEntry.objects.count() == MOST_NAMED
    # Every answer is on record, whatever became of the transaction it was given in.
    told = AuditEntry.objects.filter(action=ACTION)
    assert told.count() == done["named"] + done["not_available"]
    names = {(one.actor, name) for one in told for name in one.after["named"]}
    assert len(names) == MOST_NAMED

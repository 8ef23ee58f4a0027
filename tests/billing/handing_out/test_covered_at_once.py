"""Many hand out money at once: together they pass no limit, nothing that is available, and nothing
that is free to hand out.
"""

from decimal import Decimal

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.core.querysets import chains
from accounts.tree.services.load import Draft, accounts_load
from billing.handing_out.queries.cover import covers_of
from billing.handing_out.queries.policies import paid_today
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.wallets.models import Wallet
from tests.factories import StaffFactory, UserFactory, grant
from tests.support.cover_worker import (
    CoverWorker,
    HandingWorker,
    MovingWorker,
    OfficeWorker,
    TakingWorker,
)
from tests.support.crowd import crowd
from tests.support.noon import zone_at_noon
from tests.support.paying import pay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 8
SECONDS = 2.5
MONEY = 200


@pytest.fixture
def top(transactional_db: None) -> Account:
    """An agent on covered with two agents below, which have money too; all three have a login."""
    # What is limited by day is limited on one day.
    top = Draft("Top", "x", time_zone=zone_at_noon())
    agents = [Draft(f"A-{n}", "x", "Top") for n in range(2)]
    kept = [Draft(f"Kept-{n}", "x", f"A-{n}") for n in range(2)]
    customers = [Draft(f"C-{n}", "x", f"A-{n % 2}") for n in range(3)]
    accounts_load(actor=SYSTEM, drafts=[top, *agents, *kept, *customers])
    agent = Account.objects.get(account_id="Top")
    for account in Account.objects.filter(account_id__startswith="A-"):
        grant(account)
    for name in ("Top", "A-0", "A-1"):
        UserFactory(account=Account.objects.get(account_id=name), username=f"login-{name}")
        if name != "Top":
            pay(Account.objects.get(account_id=name), "60")
    pay(agent, str(MONEY))
    payment_policy_set(actor=SYSTEM, account=agent, funding="covered")
    return agent


@pytest.mark.parametrize("kind", [CoverWorker, TakingWorker, MovingWorker])
def test_nobody_hands_out_more_than_he_has(top: Account, kind: type[CoverWorker]) -> None:
    with crowd(PROCESSES, kind, seconds=SECONDS, least=15) as workers:
        workers.start()
        done, errors = workers.finish()
    print(kind.__name__, dict(done))
    assert errors == []
    assert sum(done[one] for one in kind.deeds) > 20
    assert done["busy"] < sum(done.values()) / 4
    assert not [one for one in covers_of(agents_of(top)).values() if one.is_uncovered]
    assert_all_is_well(top)


def test_nobody_passes_the_limit_of_the_day(top: Account) -> None:
    payment_policy_set(actor=SYSTEM, account=top, funding="record", per_day=Decimal(300))
    with crowd(PROCESSES, HandingWorker, seconds=1, least=15) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    assert done["over_day_limit"]
    assert 200 < paid_today(chains([top.pk])[top.pk][0]) <= 300
    assert_all_is_well(top)


def test_administrators_correct_and_rule_meanwhile(top: Account) -> None:
    StaffFactory(username="office", administrator=True)
    with crowd(PROCESSES, OfficeWorker, seconds=1, least=15) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    assert all(done[one] for one in OfficeWorker.deeds)
    assert done["busy"] < sum(done.values()) / 4
    assert ledger_problems() == []
    assert trial_balance() == 0


def assert_all_is_well(top: Account) -> None:
    wallets = Wallet.objects.in_bulk()
    assert wallets[top.pk].balance == MONEY, "what an agent does below moves nothing in its wallet"
    assert ledger_problems() == []
    assert trial_balance() == 0


def agents_of(top: Account) -> list[int]:
    rows = Account.objects.filter(logins__isnull=False)
    return list(rows.values_list("pk", flat=True))

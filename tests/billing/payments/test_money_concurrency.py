"""Many processes pay at once, and some die: exact totals, every payment once or not at all."""

import random
import time
from decimal import Decimal

import pytest

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.load import Draft, accounts_load
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.payments.services.paying import Payment, payment_make
from billing.wallets.models import Wallet
from tests.factories import StaffFactory, UserFactory, grant
from tests.support import processes
from tests.support.crowd import crowd
from tests.support.money_worker import MoneyWorker
from tests.support.same_form_worker import SameFormWorker
from tests.support.waiting import until, wait_until_alone

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.smoke,
]  # fmt: skip

PROCESSES = 8
SECONDS = 3.0


@pytest.fixture
def business(transactional_db: None) -> Account:
    """An agent with twenty customers and a balance, its login, and an administrator."""
    accounts_load(
        actor=SYSTEM, drafts=[Draft("Top", "x"), *(Draft(f"C-{n}", "x", "Top") for n in range(20))]
    )
    top = Account.objects.get(account_id="Top")
    grant(top)
    UserFactory(account=top, username="payer")
    StaffFactory(username="staff-payer", administrator=True)
    payment_make(
        actor=SYSTEM,
        account=top,
        payment=Payment("recharge", Decimal(100_000)),
        idempotency_key="start",
    )
    return top


def assert_money_adds_up() -> None:
    assert ledger_problems() == []
    assert trial_balance() == 0
    for wallet in Wallet.objects.all():
        entries = Entry.objects.filter(wallet=wallet).values_list("amount", flat=True)
        assert wallet.balance == sum(entries, Decimal(0))
        assert wallet.balance >= -wallet.credit_limit


@pytest.mark.parametrize("is_hot", [False, True], ids=["spread", "hot"])
def test_eight_processes_paying_at_once_lose_no_cent(business: Account, is_hot: bool) -> None:
    hot = Account.objects.get(account_id="C-7").pk if is_hot else None
    with crowd(PROCESSES, MoneyWorker, seconds=SECONDS, least=15, below=hot) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    made = done["recharge"] + done["deduction"] + done["make_zero"]
    assert made > 50
    assert done["busy"] < made / 10
    # What the processes say they did is there, and nothing else.
    assert Transaction.objects.filter(reference="crowd").count() == made
    assert_money_adds_up()


def test_processes_killed_while_paying_leave_every_payment_whole(business: Account) -> None:
    dice = random.Random(2026)
    with crowd(PROCESSES, MoneyWorker, seconds=60) as workers:
        workers.start()
        until(Transaction.objects.filter(reference="crowd").exists)
        for process in workers.processes:
            time.sleep(dice.uniform(0.02, 0.3))
            processes.killed(process)
    wait_until_alone()
    assert Transaction.objects.filter(reference="crowd").exists()
    assert_money_adds_up()


def test_the_same_form_from_eight_processes_pays_once(business: Account) -> None:
    account = Account.objects.get(account_id="C-3")
    with crowd(PROCESSES, SameFormWorker, seconds=1.5, least=3, below=account.pk) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert len(done) == 1, "everybody gets the same receipt"
    assert sum(done.values()) > 20
    assert Wallet.objects.get(pk=account.pk).balance == Decimal("12.34")
    assert Transaction.objects.filter(reference="once").count() == 1

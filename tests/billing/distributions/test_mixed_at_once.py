"""Single payments and lists meet on the same wallets, and money goes both ways at once: every cent
is there, everything once, and nobody waits in vain.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.tree.services.load import Draft, accounts_load
from billing.distributions.models import Distribution
from billing.distributions.queries import drafts_of
from billing.distributions.services import paying
from billing.distributions.services.drafts import MOST_DRAFTS, distribution_preview, purge_drafts
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.wallets.models import Wallet
from tests.factories import StaffFactory, UserFactory, grant
from tests.support.crowd import crowd
from tests.support.distributing import draft
from tests.support.mixed_worker import FORMS, LINES, BothWaysWorker, MixedWorker
from tests.support.paying import balance, pay
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 8
SECONDS = 1.5
LEAST = 10
CUSTOMERS = 12
# More than all of them hand out.
MONEY = 100_000


@pytest.fixture
def agent(transactional_db: None) -> Account:
    """An agent on covered that hands out below a limit of the day, so that every payment wants its
    wallet and its policy; its login "payer".
    """
    accounts_load(
        actor=SYSTEM,
        drafts=[Draft("Dhaka", "x"), *(Draft(f"C-{n}", "x", "Dhaka") for n in range(CUSTOMERS))],
    )
    agent = grant(Account.objects.get(account_id="Dhaka"), Authorization.PAY_SUB_ACCOUNT)
    pay(agent, str(MONEY))
    payment_policy_set(actor=SYSTEM, account=agent, funding="covered", per_day=Decimal(MONEY))
    UserFactory(account=agent, username="payer")
    return agent


def met(worker: type[MixedWorker | BothWaysWorker], below: Account) -> Counter[str]:
    """What all of them did, with no refusal among it."""
    with crowd(PROCESSES, worker, seconds=SECONDS, least=LEAST, below=below.pk) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    assert ledger_problems() == []
    assert trial_balance() == 0
    return done


def test_single_payments_and_lists_on_the_same_wallets_are_all_there_once(agent: Account) -> None:
    payer = actor_for(agent.logins.get())
    for amount in ("0.01", "0.02"):
        draft(payer, "\n".join(f"C-{n},{amount}" for n in range(CUSTOMERS)))
    done = met(MixedWorker, agent)
    singles = Transaction.objects.filter(reference="single").count()
    forms = Transaction.objects.filter(reference="form").count()
    listed = Transaction.objects.exclude(batch="").count()
    assert singles == done["single"] > 15
    assert done["list"] > 5
    assert done["again"] > 2
    # Whoever sent one of the forms, or confirmed one of the two lists, got what the first one got.
    assert forms == len([one for one in done if one.startswith("form ")]) == FORMS
    assert len([one for one in done if one.startswith("list ")]) == 2
    assert listed == LINES * done["list"] + 2 * CUSTOMERS
    paid = Transaction.objects.filter(by_account=agent).aggregate(total=Sum("amount"))["total"]
    assert cover_of(agent.pk).handed_out == paid
    assert balance(agent) == MONEY


def test_money_that_goes_both_ways_at_once_keeps_nobody_waiting_in_vain(agent: Account) -> None:
    StaffFactory(username="office", administrator=True)
    for customer in Account.objects.filter(parent=agent):
        pay(customer, "1000")
    done = met(BothWaysWorker, agent)
    assert all(done[deed] > 2 for deed in BothWaysWorker.deeds)
    # Transfers and their reversals stay inside; the rest is between the house and the customers.
    rows = Transaction.objects.filter(by_account=agent).order_by().values_list("kind")
    came = dict(rows.annotate(total=Sum("amount")))
    total = Wallet.objects.aggregate(total=Sum("balance"))["total"]
    assert total == MONEY + 1000 * CUSTOMERS + came["recharge"] - came["deduction"]


@pytest.mark.postgres
def test_a_list_handed_in_while_old_ones_are_dropped_stays(agent: Account) -> None:
    payer = actor_for(agent.logins.get())
    old = [draft(payer, f"C-{n % CUSTOMERS},1").pk for n in range(MOST_DRAFTS)]
    meanwhile: list[Any] = []

    def hand_in(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Once it is known which are too many, and before they go."""
        if sql.startswith("DELETE") and not meanwhile:
            meanwhile.append(at_once([lambda: draft(payer, "C-0,2")])[0].pk)
        return execute(sql, *rest)

    with connection.execute_wrapper(hand_in):
        last = draft(payer, "C-0,3").pk
    kept = set(drafts_of(payer).values_list("pk", flat=True))
    assert kept == {*old[1:], *meanwhile, last}


@pytest.mark.postgres
def test_a_list_that_is_paid_while_old_ones_are_purged_stays(
    agent: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer = actor_for(agent.logins.get())
    _forgotten, one = draft(payer, "C-0,2"), draft(payer, "C-0,1")
    digest = distribution_preview(actor=payer, distribution=one).digest
    paid, purged = Event(), Event()
    record = paying.record

    def slowly(**more: Any) -> Any:
        """The payment is made and not committed, until the others are gone."""
        paid.set()
        purged.wait(0.7)
        return record(**more)

    monkeypatch.setattr(paying, "record", slowly)

    def purge() -> int:
        paid.wait(10)
        found = purge_drafts()
        purged.set()
        return found

    def pay_it() -> Distribution:
        return paying.distribution_pay(actor=payer, distribution=one, expected=digest)

    with time_machine.travel(timezone.now() + timedelta(days=8)):
        made, count = at_once([pay_it, purge])
    assert made.posted_at is not None
    assert count == 1
    assert Distribution.objects.get() == one

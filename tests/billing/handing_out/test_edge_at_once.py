"""Many hand out money at once, singly, by lists and in cards, up to the edge of what is permitted:
exactly so much gets through, and the same form sent twice is never its own obstacle.
"""

import threading
from collections import Counter
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.core.actor import SYSTEM, actor_for, note_use
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import chains
from accounts.tree.services.load import Draft, accounts_load
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.queries.policies import paid_today
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.ledger.services.posting import locked_wallets
from tests.factories import UserFactory, grant
from tests.support.carding import cards
from tests.support.covering import put_on_covered
from tests.support.crowd import crowd
from tests.support.edge_worker import EACH, HANDS_OUT, EdgeFormWorker, EdgeWorker
from tests.support.noon import zone_at_noon
from tests.support.paying import pay
from tests.support.threads import at_once
from tests.support.waiting import until, waiting_for_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 8
# What is permitted altogether; the processes ask for much more.
EDGE = 15


@pytest.fixture
def agents(transactional_db: None) -> list[Account]:
    """Two agents below a third one, each with a login, customers, and cards to release."""
    zone = zone_at_noon()
    drafts = [Draft("Top", "x", time_zone=zone)]
    for name in ("A-0", "A-1"):
        drafts.append(Draft(name, "x", "Top", time_zone=zone))
        drafts += [Draft(f"C-{name}-{n}", "x", name) for n in range(5)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    below = [grant(Account.objects.get(account_id=f"A-{n}")) for n in range(2)]
    for at, account in enumerate(below):
        UserFactory(account=account)
        cards(account, 100, f"S{at}0001", released=False, face_value=Decimal(EACH))
    return below


def handed_out_by_all() -> Counter[str]:
    """What the processes did, and how often they were refused."""
    with crowd(PROCESSES, EdgeWorker, seconds=1.0, least=10) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    assert done["too_much"] > 10
    assert ledger_problems() == []
    assert trial_balance() == 0
    return done


def told(done: Counter[str]) -> int:
    """The sum of what the processes say they handed out."""
    return sum(amount * done[deed] for deed, amount in HANDS_OUT.items())


def test_exactly_the_limit_of_the_day_gets_through(agents: list[Account]) -> None:
    top = Account.objects.get(account_id="Top")
    payment_policy_set(actor=SYSTEM, account=top, per_day=Decimal(EDGE), per_payment=Decimal(EACH))
    done = handed_out_by_all()
    assert done["over_day_limit"] > 5
    assert paid_today(chains([top.pk])[top.pk][0]) == told(done) == EDGE


def test_exactly_what_is_free_gets_through(agents: list[Account]) -> None:
    for account in agents:
        pay(account, str(EDGE))
        put_on_covered(account, per_payment=Decimal(EACH))
    done = handed_out_by_all()
    assert done["not_covered"] > 5
    assert [cover_of(account.pk).free for account in agents] == [0, 0]
    assert told(done) == 2 * EDGE


KINDS = ("recharge", "opening", "make_zero", "deduction")
# Of each kind some under a limit of the day, and some that have no more.
EACH_KIND = 4
FORMS = EACH_KIND * len(KINDS)


def payer_at_the_edge(kind: str, n: int) -> Account:
    """An agent whose login uses up with one form what it may hand out to its customer, or what it
    may take back; by a limit of the day, or by what is free.
    """
    name = f"{kind}-{n}"
    accounts_load(
        actor=SYSTEM,
        drafts=[
            Draft(name, "x", time_zone=zone_at_noon()),
            Draft(f"{name}-sub", "x", name),
        ],
    )
    agent = grant(Account.objects.get(account_id=name))
    login = UserFactory(account=agent, username=f"payer-{name}")
    # The first use of a day is written, and whoever comes second waits for that already.
    note_use(actor_for(login), Authorization.PAY_SUB_ACCOUNT)
    if kind in ("make_zero", "deduction"):
        pay(Account.objects.get(parent=agent), "5")
    if n % 2:
        payment_policy_set(actor=SYSTEM, account=agent, per_day=Decimal(5))
    else:
        pay(agent, "5")
        put_on_covered(agent)
    return agent


def test_a_form_that_uses_up_what_is_left_pays_once_for_all_who_send_it(
    transactional_db: None,
) -> None:
    """Whoever comes second finds nothing left, and hears that the form was paid."""
    for kind in KINDS:
        for n in range(EACH_KIND):
            payer_at_the_edge(kind, n)
    with crowd(PROCESSES, EdgeFormWorker, seconds=0.5, least=FORMS) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    forms = {one: times for one, times in done.items() if one != "idle"}
    assert set(forms.values()) == {PROCESSES}
    assert len(forms) == FORMS
    assert Transaction.objects.filter(idempotency_key="the-same-form").count() == len(forms)
    assert ledger_problems() == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("kind", "n"), [("recharge", 0), ("recharge", 1), ("opening", 0), ("make_zero", 1)]
)
def test_a_form_sent_twice_while_its_wallet_is_taken_pays_once_for_both(
    transactional_db: None, kind: str, n: int
) -> None:
    """Neither of them is there yet when the other one asks."""
    agent = payer_at_the_edge(kind, n)
    begun = threading.Event()

    def hold() -> None:
        with transaction.atomic():
            locked_wallets([Account.objects.get(parent=agent).pk])
            begun.set()
            until(lambda: waiting_for_locks() == 2)

    def send() -> str:
        begun.wait(10)
        return EdgeFormWorker(0, None).act()

    _nothing, first, second = at_once([hold, send, send])
    assert first == second
    assert Transaction.objects.filter(idempotency_key="the-same-form").count() == 1
    assert ledger_problems() == []

"""Accounts are closed, moved or lose their authorizations while they are paid, singly and by lists:
what came too late is refused, and nothing is half done.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import NotInScope
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move
from billing.distributions.models import Distribution
from billing.handing_out.services.terms import terms_set
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.wallets.models import Wallet
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.crowd import crowd
from tests.support.ending_worker import (
    LINES,
    ClosingWorker,
    MovingAwayWorker,
    PayingWorker,
    RevokingWorker,
)
from tests.support.paying import pay
from tests.support.threads import at_once
from tests.support.trees import assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 8
SECONDS = 1.5
LEAST = 12
OWN, BELOW = Authorization.PAY_OWN_ACCOUNT, Authorization.PAY_SUB_ACCOUNT


def met(worker: type[PayingWorker]) -> Counter[str]:
    """What all of them did, with nothing among it but what may be refused."""
    with crowd(PROCESSES, worker, seconds=SECONDS, least=LEAST) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    assert ledger_problems() == []
    assert trial_balance() == 0
    return done


def test_a_closed_account_holds_nothing_and_gets_nothing(transactional_db: None) -> None:
    accounts_load(
        actor=SYSTEM, drafts=[Draft("Top", "x"), *(Draft(f"C-{n}", "x", "Top") for n in range(25))]
    )
    UserFactory(account=grant(Account.objects.get(account_id="Top")))
    done = met(ClosingWorker)
    closed = Account.objects.filter(status="closed")
    assert closed.count() == done["close"] > 3
    assert set(Wallet.objects.filter(account__in=closed).values_list("balance", flat=True)) == {0}
    assert done["pay"] > 5
    assert done["list"] > 3
    assert Transaction.objects.filter(kind="recharge").count() == done["pay"] + LINES * done["list"]
    assert Distribution.objects.filter(posted_at__isnull=False).count() == done["list"]
    closings = list(AuditEntry.objects.filter(action="account.close"))
    assert len(closings) == done["close"]
    for entry in closings:
        late = Entry.objects.filter(wallet=entry.account_pk, at__gt=entry.at)
        assert not late.exists(), entry


def test_a_customer_is_paid_by_the_agent_it_has_at_that_moment(transactional_db: None) -> None:
    agents = [Draft(f"A-{n}", "x") for n in range(2)]
    customers = [Draft(f"C-{n}", "x", f"A-{n % 2}") for n in range(16)]
    kept = [Draft(f"Kept-{n}", "x", f"A-{n}") for n in range(2)]
    accounts_load(actor=SYSTEM, drafts=[*agents, *customers, *kept])
    for name in ("A-0", "A-1"):
        UserFactory(account=grant(Account.objects.get(account_id=name), BELOW))
    where = dict(Account.objects.filter(account_id__startswith="C-").values_list("pk", "parent_id"))
    done = met(MovingAwayWorker)
    assert done["move"] > 8
    assert done["pay"] > 20
    assert done["busy"] < sum(done.values()) / 4
    assert_sound()
    agent_of = dict(Account.objects.values_list("account_id", "pk"))
    happened: dict[int, list[tuple[datetime, str, int | None]]] = defaultdict(list)
    for one in Transaction.objects.all():
        happened[one.account_id].append((one.at, "paid", one.by_account_id))
    moves = list(AuditEntry.objects.filter(action="account.move"))
    assert len(moves) == done["move"]
    for entry in moves:
        assert entry.account_pk is not None
        happened[entry.account_pk].append((entry.at, "moved", agent_of[entry.after["agent"]]))
    by_former = []
    for pk, deeds in happened.items():
        for at, what, agent in sorted(deeds):
            if what == "moved":
                where[pk] = agent
            elif agent != where.get(pk, agent):
                by_former.append((pk, at))
    assert happened.keys() & where.keys()
    assert by_former == []


def test_who_lost_an_authorization_pays_no_more(transactional_db: None) -> None:
    drafts = []
    for top in range(4):
        drafts.append(Draft(f"T-{top}", "x"))
        for n in range(2):
            drafts.append(Draft(f"A-{top}-{n}", "x", f"T-{top}"))
            drafts += [Draft(f"C-{top}-{n}-{one}", "x", f"A-{top}-{n}") for one in range(LINES)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    agents = list(Account.objects.filter(account_id__startswith="A-"))
    for agent in agents:
        UserFactory(account=grant(agent, OWN, BELOW))
    done = met(RevokingWorker)
    assert done["revoke"] > 5
    assert all(done[deed] for deed in ("pay", "own", "list"))
    assert done["too late"] > 10
    made = done["pay"] + done["own"] + LINES * done["list"]
    assert Transaction.objects.count() == made
    assert sum(Wallet.objects.values_list("balance", flat=True), Decimal(0)) == made


@pytest.mark.postgres
@pytest.mark.parametrize("deed", ["pay", "terms"])
def test_an_account_that_moves_away_while_it_is_looked_for_is_not_there(
    reseller_tree: ResellerTree, deed: str
) -> None:
    """Between two statements, of which the second finds it nowhere."""
    tree = reseller_tree
    grant(tree.agent)
    actor = actor_for(UserFactory(account=tree.agent))
    read: list[str] = []

    def move_away(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "accounts_grantuse" in sql and not read:
            read.append(sql)
            at_once([lambda: account_move(actor=SYSTEM, account=tree.customer, parent=tree.top)])
        return execute(sql, *rest)

    deeds: dict[str, Callable[[], Any]] = {
        "pay": lambda: pay(tree.customer, "1", actor=actor),
        "terms": lambda: terms_set(
            actor=actor, account=tree.customer, low_balance_threshold=Decimal(1)
        ),
    }
    with connection.execute_wrapper(move_away), pytest.raises(NotInScope):
        deeds[deed]()
    assert read
    assert not Transaction.objects.exists()

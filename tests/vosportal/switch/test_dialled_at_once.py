"""Many at the same moment: a card opens one account, an order is told one switch."""

from decimal import Decimal

import pytest
from django.core.cache import cache

from accounts.core.models import Account
from billing.cards.models import Card
from billing.holds.models import RunningCall
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from billing.wallets.models import Wallet
from tests.support.carding import cards
from tests.support.crowd import crowd
from tests.support.dialling_in import TRIGGER, access_number, called_in, trigger, trunk
from tests.support.dialling_worker import CardCallWorker, OrderWorker
from tests.support.sabotage import plant
from tests.vosportal.switch.conftest import NUMBER, Switched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 4


def test_first_calls_of_a_card_open_one_account(switched: Switched) -> None:
    cache.clear()
    access_number(switched.tree.agent)
    trunk(switched.tree.other_top)
    cards(switched.tree.agent, rate_group=switched.groups.customer)
    with crowd(PROCESSES, CardCallWorker, seconds=0, least=3) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    # Whoever met the others while they opened it asks again.
    assert set(done) <= {"allowed", "Try again"}
    card = Card.objects.earliest("pk")
    assert card.status == Card.Status.ACTIVE
    assert Account.objects.filter(type=Account.Type.PHONE_CARD).count() == 1
    assert Transaction.objects.filter(kind=Transaction.Kind.CARD).count() == 1
    wallet = Wallet.objects.get(pk=card.account_id)
    assert (wallet.balance, wallet.held) == (5, Decimal("0.06") * done["allowed"])
    assert list(ledger_problems()) == []


def test_an_order_is_told_to_one_of_all_switches_that_ask(switched: Switched) -> None:
    plant(switched.tree.customer, ctd_billing_model="flow")
    switched.tree.customer.refresh_from_db()
    trigger(switched.tree.customer, connects_to=NUMBER)
    trunk(switched.tree.other_top)
    for at in range(5):
        called_in(f"t-{at}", callee=TRIGGER, caller=f"88017110000{at:02}")
    with crowd(PROCESSES, OrderWorker, seconds=0, least=3) as workers:
        workers.start()
        done, errors = workers.finish()
    assert errors == []
    assert sum(int(told) * count for told, count in done.items()) == 5
    # Both legs of a session are one switch's.
    by_session: dict[str, set[str]] = {}
    for session, source in RunningCall.objects.values_list("session", "source"):
        by_session.setdefault(session, set()).add(source)
    assert len(by_session) == 5
    assert all(len(sources) == 1 for sources in by_session.values())

"""Cards of several batches are released, sold, blocked, withdrawn and used by many at once: none is
used twice, and what a batch counts is what its cards are.
"""

from decimal import Decimal
from threading import Event

import pytest
from django.db import transaction

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account
from accounts.tree.services.load import Draft, accounts_load
from billing.cards.models import Card, CardBatch
from billing.cards.services.deeds import card_block
from billing.cards.services.withdrawing import cards_withdraw
from billing.handing_out.queries.cover import cover_of
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems, trial_balance
from billing.wallets.models import Wallet
from tests.factories import AccountFactory, UserFactory, grant
from tests.support.card_mix_worker import CardMixWorker
from tests.support.carding import card_of, cards, refused, use
from tests.support.covering import covered
from tests.support.crowd import crowd
from tests.support.threads import at_once
from tests.support.trees import assert_sound
from tests.support.waiting import until, waiting_for_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PROCESSES = 8
COUNT, VALUE = 40, Decimal(2)
MONEY = 10_000


@pytest.fixture
def agent(transactional_db: None) -> Account:
    """An agent on covered with three batches, two of which are released."""
    agent = grant(AccountFactory(account_id="Dhaka"))
    accounts_load(actor=SYSTEM, drafts=[Draft(f"C-{n}", "x", "Dhaka") for n in range(4)])
    agent.refresh_from_db()
    UserFactory(account=agent, username="seller")
    covered(agent, str(MONEY))
    for letter in "ABC":
        cards(agent, COUNT, f"{letter}0001", released=letter != "C", face_value=VALUE)
    return agent


def test_no_card_is_used_twice_and_every_batch_counts_right(agent: Account) -> None:
    with crowd(PROCESSES, CardMixWorker, seconds=1.5, least=24) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    used = Card.objects.filter(activated_at__isnull=False)
    assert used.count() == done["use"] + done["open"] > 5
    assert Transaction.objects.filter(kind="card").count() == used.count()
    below = Wallet.objects.filter(account__parent=agent).values_list("balance", flat=True)
    assert sum(below, Decimal(0)) == VALUE * used.count()
    released = unused = 0
    batches = list(CardBatch.objects.all())
    assert len(batches) == 3
    for batch in batches:
        out = batch.cards.filter(released_at__isnull=False)
        still = out.filter(activated_at=None, withdrawn_at=None)
        assert (batch.released, batch.open_cards) == (out.count(), still.count())
        released, unused = released + batch.released, unused + batch.open_cards
    withdrawn = Card.objects.filter(withdrawn_at__isnull=False, released_at__isnull=False).count()
    assert released == used.count() + unused + withdrawn
    # Whether a card is still out or its money lies with a customer is the same to the agent.
    assert cover_of(agent.pk).handed_out == VALUE * (used.count() + unused)
    assert all(done[deed] for deed in CardMixWorker.deeds)
    assert ledger_problems() == []
    assert trial_balance() == 0
    assert_sound()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("deed", "said"), [("block", "card_blocked"), ("withdraw", "card_withdrawn")]
)
def test_a_card_that_is_taken_out_of_use_meanwhile_is_not_called_used(
    agent: Account, deed: str, said: str
) -> None:
    seller = actor_for(agent.logins.get())
    card = card_of(CardBatch.objects.get(serial_prefix="A"))
    done = Event()

    def take_out() -> None:
        with transaction.atomic():
            if deed == "block":
                card_block(actor=seller, card=card, reason="lost")
            else:
                cards_withdraw(
                    actor=seller,
                    batch=card.batch,
                    reason="lost",
                    first=card.serial,
                    last=card.serial,
                )
            done.set()
            until(lambda: waiting_for_locks() == 1)

    def use_it() -> None:
        done.wait(10)
        with refused(said, "pin"):
            use(seller, card, Account.objects.get(account_id="C-0"))

    at_once([take_out, use_it])
    assert not Transaction.objects.filter(kind="card").exists()

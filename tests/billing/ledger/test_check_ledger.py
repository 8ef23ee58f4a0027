"""`check_ledger` finds what no service would write, and repairs nothing."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.core import guards
from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.cards.models import CardBatch
from billing.cards.services.redeeming import card_redeem
from billing.ledger.models import Entry, Transaction
from billing.payments.services.paying import Payment, payment_make
from billing.payments.services.reversing import transaction_reverse
from billing.wallets.models import Wallet
from tests.factories import AccountFactory
from tests.support import sabotage
from tests.support.carding import card_of, cards, pin_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db: None) -> Account:
    """An account with two payments."""
    account = AccountFactory()
    for key, amount in (("a", "10"), ("b", "2.5")):
        payment_make(
            actor=SYSTEM,
            account=account,
            payment=Payment("recharge", Decimal(amount)),
            idempotency_key=key,
        )
    return account


def check() -> str:
    out = StringIO()
    try:
        call_command("check_ledger", stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def first_entry(account: Account) -> Entry:
    return Entry.objects.filter(wallet=account.pk).order_by("pk")[0]


def test_what_the_services_write_is_sound(account: Account) -> None:
    assert check().split("\n")[-2:] == ["The ledger is sound.", ""]
    assert "Trial balance: 0.00" in check()


def test_a_tampered_balance_is_found(account: Account) -> None:
    sabotage.plant_balance(account, Decimal(1_000_000))
    answer = check()
    assert f"a balance that is not the sum of its entries: {account.pk}" in answer
    assert "not sound" in answer
    assert Wallet.objects.get(pk=account.pk).balance == 1_000_000


def test_a_tampered_entry_is_found(account: Account) -> None:
    sabotage.tamper_entry(first_entry(account), amount=Decimal(11))
    answer = check()
    for rule in (
        "do not sum to zero", "not that of its entries", "not the sum", "does not follow",
        "Trial balance: 1.00",
    ):  # fmt: skip
        assert rule in answer


def test_an_entry_taken_out_is_found(account: Account) -> None:
    sabotage.tamper_entry(first_entry(account))
    answer = check()
    assert "a transaction without its entries" in answer
    assert "do not sum to zero" in answer


def test_a_reversal_that_took_from_somebody_else_is_found(account: Account) -> None:
    other = AccountFactory()
    first = Transaction.objects.filter(account=account).order_by("pk")[0]
    back = transaction_reverse(actor=SYSTEM, transaction=first, reason="x", idempotency_key="back")
    assert "sound" in check()
    taken = Entry.objects.get(transaction=back, wallet=account.pk)
    sabotage.tamper_entry(taken, wallet_id=other.pk)
    assert f"a reversal whose entries are not those of its origin: {back.pk}" in check()


def test_a_missing_wallet_is_found() -> None:
    account = AccountFactory()
    sabotage.forget_wallet(account)
    assert f"an account without a wallet: {account.pk}" in check()


def test_a_missing_guard_is_found(account: Account) -> None:
    guards.remove()
    assert "guard_billing_entry_update is missing" in check()


class TestCards:
    @pytest.fixture
    def batch(self, db: None) -> CardBatch:
        """Two released cards, the first of which was used."""
        agent = AccountFactory()
        target = AccountFactory(parent=agent)
        batch = cards(agent, 2)
        card_redeem(actor=SYSTEM, pin=pin_of(card_of(batch)), target=target, idempotency_key="c")
        assert "The ledger is sound" in check()
        return batch

    def test_a_card_used_by_another_transaction_is_found(
        self, batch: CardBatch, account: Account
    ) -> None:
        other = Transaction.objects.filter(account=account).earliest("pk")
        card = card_of(batch)
        mine = card.transaction
        sabotage.plant_card(card, transaction=other)
        answer = check()
        assert f"a used card whose transaction is another one: {card.pk}" in answer
        assert mine is not None
        assert f"a transaction of a card that was not used: {mine.pk}" in answer

    def test_a_card_used_before_its_release_is_found(self, batch: CardBatch) -> None:
        card = card_of(batch)
        sabotage.plant_card(card, released_at=None)
        answer = check()
        assert f"a card that was used before it was released: {card.pk}" in answer
        assert f"a batch that counts other cards as released than are: {batch.pk}" in answer

    def test_a_wrong_count_of_released_cards_is_found(self, batch: CardBatch) -> None:
        for wrong in ({"released": 1}, {"open_cards": 0}):
            right = {name: getattr(CardBatch.objects.get(), name) for name in wrong}
            sabotage.plant_batch(batch, **wrong)
            assert f"a batch that counts other cards as released than are: {batch.pk}" in check()
            sabotage.plant_batch(batch, **right)

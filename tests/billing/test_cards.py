"""Batches and cards: what can be made, by whom, and when a card is worth something."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.access import SYSTEM, Actor, actor_for
from accounts.authorizations import Authorization
from accounts.encryption import lookup_hash
from accounts.errors import DomainError, NotAllowed, NotInScope, Refused
from accounts.models import Account, AuditEntry
from accounts.services.accounts import account_lock
from accounts.services.ending import account_close, account_delete
from billing import pins
from billing.errors import KeyReused
from billing.integrity import ledger_problems
from billing.models import Card, CardBatch, Transaction
from billing.serials import serials
from billing.services.card_attempts import MOST, TooManyAttempts, WrongPin
from billing.services.card_batches import (
    batch_activate,
    batch_block,
    batch_extend,
    batch_unblock,
)
from billing.services.card_deeds import (
    card_block,
    card_extend,
    card_unblock,
    cards_block,
    cards_sell,
    cards_unblock,
    chosen,
    in_range,
    used_up_noted,
)
from billing.services.card_generation import batch_generate
from billing.services.card_redeeming import card_look_up, card_redeem
from billing.services.reversals import transaction_reverse
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.support.carding import card_of, cards, draft, pin_of
from tests.support.paying import balance, pay

pytestmark = pytest.mark.django_db

CARDS, ACCOUNTS = Authorization.MANAGE_PHONE_CARD, Authorization.MANAGE_ACCOUNT


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.agent, CARDS)
    return reseller_tree.refresh()


@pytest.fixture
def imran(tree: ResellerTree) -> Actor:
    """A login of Dhaka, which holds 3."""
    return actor_for(UserFactory(account=tree.agent, username="imran"))


@pytest.fixture
def batch(tree: ResellerTree) -> CardBatch:
    return cards(tree.agent)


def use(actor: Actor, card: Card, target: Account | None, **more: Any) -> Transaction:
    key = more.pop("key", str(uuid4()))
    return card_redeem(actor=actor, pin=pin_of(card), target=target, idempotency_key=key, **more)


def refused(code: str, field: str | None = None) -> Any:
    """Expect a refusal with this code and field."""

    class _Expect:
        def __enter__(self) -> None:
            self.inner = pytest.raises(DomainError)
            self.found = self.inner.__enter__()

        def __exit__(self, *error: Any) -> Any:
            answer = self.inner.__exit__(*error)
            assert self.found.value.code == code, self.found.value
            assert field is None or self.found.value.field == field
            return answer

    return _Expect()


class TestMaking:
    def test_cards_have_serials_in_order_and_pins_of_the_length_asked_for(
        self, tree: ResellerTree
    ) -> None:
        batch = cards(tree.agent, 25, pin_length=14)
        found = list(batch.cards.order_by("pk"))
        assert [one.serial for one in found] == [f"SYL1100{n:02d}" for n in range(1, 26)]
        every = [pin_of(one) for one in found]
        assert len(set(every)) == 25
        assert {len(pin) for pin in every} == {14}
        assert all(pin.isdigit() for pin in every)

    def test_no_column_holds_a_pin(self, batch: CardBatch) -> None:
        card = card_of(batch)
        pin = pin_of(card)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM billing_card")
            assert pin not in str(cursor.fetchall())

    def test_a_pin_that_exists_is_drawn_again(self, tree: ResellerTree, monkeypatch: Any) -> None:
        first = pin_of(card_of(cards(tree.agent, 1)))
        drawn = iter([first, first, "111111111111", "111111111111", "222222222222"])
        monkeypatch.setattr(pins, "drawn", lambda _length: next(drawn))
        batch = cards(tree.agent, 2, "NEXT01")
        assert {pin_of(one) for one in batch.cards.all()} == {"111111111111", "222222222222"}

    def test_a_pin_under_a_former_key_is_drawn_again_too(
        self, tree: ResellerTree, settings: Any, monkeypatch: Any
    ) -> None:
        first = pin_of(card_of(cards(tree.agent, 1)))
        settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
        drawn = iter([first, "333333333333"])
        monkeypatch.setattr(pins, "drawn", lambda _length: next(drawn))
        assert pin_of(card_of(cards(tree.agent, 1, "NEXT01"))) == "333333333333"

    @pytest.mark.parametrize(
        ("more", "field", "words"),
        [
            ({"count": 0}, "count", "1 to 100,000"),
            ({"count": 100_001}, "count", "1 to 100,000"),
            ({"face_value": Decimal(0)}, "face_value", "above zero"),
            ({"face_value": Decimal("999999999"), "count": 50}, "face_value", "too large"),
            ({"pin_length": 6, "count": 100_000, "first": "A000001"}, "pin_length", "11 digits"),
            ({"pin_length": 5}, "pin_length", "6 to 20"),
            ({"pin_length": 21}, "pin_length", "6 to 20"),
            ({"first": "NO-NUMBER"}, "first_serial", "number at its end"),
            ({"first": "<b>1"}, "first_serial", "number at its end"),
            ({"first": "A99", "count": 2}, "first_serial", "too few digits"),
            ({"valid_days": 0}, "valid_days", "1 to 3650"),
            ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_on", "still to come"),
            ({"name": "  "}, "name", "name"),
        ],
    )
    def test_what_cannot_be_is_refused_in_words(
        self, tree: ResellerTree, more: dict[str, Any], field: str, words: str
    ) -> None:
        with pytest.raises(Refused) as error:
            batch_generate(actor=SYSTEM, account=tree.agent, draft=draft(**more))
        assert error.value.field == field
        assert words in str(error.value.message)
        assert not Card.objects.exists()

    def test_six_digits_for_many_cards_say_how_easily_they_are_guessed(self) -> None:
        with pytest.raises(Refused) as error:
            pins.check_length(6, 100_000)
        assert "one guess in 10 would hit" in str(error.value.message)

    def test_serials_that_overlap_are_not_available(self, tree: ResellerTree) -> None:
        cards(tree.other_customer, 10, "SYL100")
        for first in ("SYL100", "SYL109", "SYL095", "syl105"):
            with refused("not_available", "first_serial"):
                cards(tree.agent, 10, first)
        cards(tree.agent, 10, "SYL110")
        cards(tree.agent, 10, "SYL0100")

    def test_who_may(self, tree: ResellerTree, imran: Actor) -> None:
        cards(tree.agent, 1, "A1", actor=imran)
        cards(tree.customer, 1, "A2", actor=imran)
        for foreign in (tree.sibling, tree.top, tree.other_customer):
            with pytest.raises(NotInScope):
                cards(foreign, 1, "A3", actor=imran)
        customer = actor_for(UserFactory(account=tree.customer))
        with pytest.raises(NotAllowed):
            cards(tree.customer, 1, "A3", actor=customer)

    def test_a_closed_account_and_a_card_account_have_none(self, tree: ResellerTree) -> None:
        closed = AccountFactory(parent=tree.agent, status="closed")
        with refused("closed"):
            cards(closed)
        card = AccountFactory(parent=tree.agent, type="phone_card")
        with refused("account_not_general"):
            cards(card)


@given(st.integers(1, 100_000))
def test_the_least_length_is_the_first_that_is_not_refused(count: int) -> None:
    least = pins.shortest_for(count)
    pins.check_length(least, count)
    if least > pins.SHORTEST:
        with pytest.raises(Refused):
            pins.check_length(least - 1, count)


@given(st.from_regex(r"\A[A-Z]{0,4}[A-Z._-]?[0-9]{1,8}\Z"), st.integers(1, 50))
def test_serials_count_up_in_the_width_they_began_with(first: str, count: int) -> None:
    try:
        run = serials(first, count)
    except Refused:
        return
    assert run.at(0) == first
    assert len({run.at(n) for n in range(count)}) == count
    assert {len(run.at(n)) for n in range(count)} == {len(first)}


class TestUsing:
    def test_a_card_recharges_an_account_through_the_ledger(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        card = card_of(batch)
        made = use(imran, card, tree.customer)
        card.refresh_from_db()
        assert (card.status, card.account, card.transaction) == ("used_up", tree.customer, made)
        assert balance(tree.customer) == 5
        assert balance(tree.agent) == 0
        assert {one.house for one in made.entries.all()} == {"", "cards"}
        assert (made.kind, made.reference, made.login) == ("card", card.serial, imran.user)
        assert ledger_problems() == []

    def test_it_is_used_once(self, tree: ResellerTree, imran: Actor, batch: CardBatch) -> None:
        use(imran, card_of(batch), tree.customer)
        with refused("card_used", "pin"):
            use(imran, card_of(batch), tree.customer_2)
        assert balance(tree.customer_2) == 0

    def test_the_same_form_again_gets_the_same_receipt(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        first = use(imran, card_of(batch), tree.customer, key="form")
        assert use(imran, card_of(batch), tree.customer, key="form") == first
        with pytest.raises(KeyReused):
            use(imran, card_of(batch, 1), tree.customer, key="form")
        assert balance(tree.customer) == 5

    def test_it_opens_an_account_of_its_own(self, tree: ResellerTree, imran: Actor) -> None:
        batch = cards(tree.agent, 1, valid_days=30)
        with pytest.raises(NotAllowed):
            use(imran, card_of(batch), None)
        grant(tree.agent, ACCOUNTS)
        made = use(imran, card_of(batch), None)
        account, card = made.account, card_of(batch)
        assert (account.account_id, account.type, account.parent) == (
            "SYL110001", "phone_card", tree.agent,
        )  # fmt: skip
        assert (card.status, card.account) == ("active", account)
        assert balance(account) == 5
        assert account.valid_until == card.expires_at
        assert card.expires_at is not None
        assert card.expires_at - timezone.now() > timedelta(days=29)

    def test_where_the_account_is_not_opened_the_card_stays_as_it_is(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        grant(tree.agent, ACCOUNTS)
        with refused("not_available", "account_id"):
            use(imran, card_of(batch), None, new_account_id=tree.other_top.account_id)
        assert card_of(batch).status == "new"
        assert not Transaction.objects.filter(kind="card").exists()

    def test_the_money_of_cards_goes_downwards_only(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        with refused("own_card", "account"):
            use(imran, card_of(batch), tree.agent)
        with refused("own_card", "account"):
            use(SYSTEM, card_of(batch), tree.top)
        for foreign in (tree.sibling_customer, tree.other_customer):
            with refused("unknown_account", "account"):
                use(imran, card_of(batch), foreign)
        clearing = AccountFactory(parent=tree.agent, type="clearing")
        with refused("clearing", "account"):
            use(imran, card_of(batch), clearing)
        closed = AccountFactory(parent=tree.agent, status="closed")
        with refused("closed", "account"):
            use(imran, card_of(batch), closed)

    def test_a_card_is_worthless_before_its_batch_is_activated_and_while_it_is_blocked(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        batch = cards(tree.agent, 3, active=False)
        with refused("batch_inactive", "pin"):
            use(imran, card_of(batch), tree.customer)
        batch_activate(actor=imran, batch=batch)
        batch_block(actor=imran, batch=batch, reason="stolen")
        with refused("card_blocked", "pin"):
            use(imran, card_of(batch), tree.customer)
        with refused("blocked"):
            batch_activate(actor=imran, batch=batch)
        batch_unblock(actor=imran, batch=batch, reason="found")
        use(imran, card_of(batch), tree.customer)

    def test_a_batch_that_was_never_activated_is_not_by_unblocking(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        batch = cards(tree.agent, active=False)
        batch_block(actor=imran, batch=batch, reason="stolen")
        assert batch_unblock(actor=imran, batch=batch, reason="x").state == "generated"

    def test_after_its_day_it_is_worthless_until_it_is_extended(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        batch = cards(tree.agent, 3, expires_at=timezone.now() + timedelta(days=10))
        with time_machine.travel(timezone.now() + timedelta(days=11)):
            assert card_of(batch).standing_at(timezone.now()) == "expired"
            with refused("card_expired", "pin"):
                use(imran, card_of(batch), tree.customer)
            later = timezone.now() + timedelta(days=5)
            card_extend(actor=imran, card=card_of(batch), expires_at=later, reason="slow")
            use(imran, card_of(batch), tree.customer)
            batch_extend(actor=imran, batch=batch, expires_at=later, reason="slow")
            use(imran, card_of(batch, 1), tree.customer)

    def test_cards_of_a_locked_agent_are_worthless(
        self, tree: ResellerTree, batch: CardBatch
    ) -> None:
        account_lock(actor=SYSTEM, account=tree.top, reason="x")
        with refused("agent_stopped", "pin"):
            use(SYSTEM, card_of(batch), tree.customer)

    def test_a_reversal_takes_the_money_back_and_leaves_the_card_used(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        made = use(imran, card_of(batch), tree.customer)
        transaction_reverse(
            actor=SYSTEM, transaction=made, reason="wrong account", idempotency_key="r"
        )
        assert balance(tree.customer) == 0
        with refused("card_used", "pin"):
            use(imran, card_of(batch), tree.customer)
        assert ledger_problems() == []

    def test_it_is_found_while_keys_change_and_afterwards(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch, settings: Any
    ) -> None:
        every = [pin_of(card_of(batch, n)) for n in range(3)]
        new = Fernet.generate_key().decode()
        settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
        assert card_look_up(actor=imran, pin=every[0]).serial == batch.serial_at(0)
        call_command("rotate_keys", stdout=StringIO())
        settings.ENCRYPTION_KEYS = [new]
        assert card_look_up(actor=imran, pin=every[1]).serial == batch.serial_at(1)
        assert card_of(batch, 1).lookup_hash == lookup_hash(every[1], pins.PURPOSE)
        use(imran, card_of(batch, 2), tree.customer)


class TestGuessing:
    @pytest.fixture(autouse=True)
    def _fresh(self) -> Iterator[None]:
        cache.clear()
        yield
        cache.clear()

    def test_foreign_and_unknown_pins_get_the_same_answer(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        foreign = pin_of(card_of(cards(tree.sibling, 1)))
        answers = set()
        for pin in (foreign, "000000000000", "12", "letters", foreign[:-1]):
            with pytest.raises(WrongPin) as error:
                card_redeem(actor=imran, pin=pin, target=tree.customer, idempotency_key="x")
            answers.add((str(error.value.message), error.value.code, error.value.field))
        assert len(answers) == 1

    def test_after_a_few_wrong_ones_even_the_right_one_waits(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        for _time in range(MOST):
            with pytest.raises(WrongPin):
                card_look_up(actor=imran, pin="000000000000")
        with pytest.raises(TooManyAttempts):
            use(imran, card_of(batch), tree.customer)
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            use(imran, card_of(batch), tree.customer)

    def test_right_ones_do_not_count(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        for _time in range(MOST + 5):
            card_look_up(actor=imran, pin=pin_of(card_of(batch)))


class TestDeeds:
    def test_new_cards_are_sold_and_only_they(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        use(imran, card_of(batch, 1), tree.customer)
        every = batch.cards.all()
        assert cards_sell(actor=imran, batch=batch, cards=every) == 2
        assert cards_sell(actor=imran, batch=batch, cards=every) == 0
        assert [card_of(batch, n).status for n in range(3)] == ["sold", "used_up", "sold"]
        use(imran, card_of(batch), tree.customer)

    def test_a_range_is_blocked_and_unblocked_to_what_it_was(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        cards_sell(actor=imran, batch=batch, cards=chosen(batch, ["SYL110001"]))
        some = in_range(batch, "syl110001", "SYL110002")
        assert cards_block(actor=imran, batch=batch, cards=some, reason="lost") == 2
        with refused("card_blocked"):
            use(imran, card_of(batch), tree.customer)
        assert cards_unblock(actor=imran, batch=batch, cards=batch.cards.all(), reason="x") == 2
        assert [card_of(batch, n).status for n in range(3)] == ["sold", "new", "new"]

    def test_a_range_needs_cards_of_the_batch_in_their_order(self, batch: CardBatch) -> None:
        with refused("no_serial", "last"):
            in_range(batch, "SYL110001", "SYL119999")
        with refused("wrong_order", "last"):
            in_range(batch, "SYL110002", "SYL110001")

    def test_a_card_in_use_is_blocked_with_its_account(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        grant(tree.agent, ACCOUNTS)
        account = use(imran, card_of(batch), None).account
        card_block(actor=imran, card=card_of(batch), reason="stolen")
        account.refresh_from_db()
        assert (card_of(batch).status, account.status) == ("locked", "locked")
        card_unblock(actor=imran, card=card_of(batch), reason="found")
        account.refresh_from_db()
        assert (card_of(batch).status, account.status) == ("active", "active")
        later = timezone.now() + timedelta(days=400)
        card_extend(actor=imran, card=card_of(batch), expires_at=later, reason="x")
        account.refresh_from_db()
        assert account.valid_until == later

    def test_an_account_without_money_uses_its_card_up(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        grant(tree.agent, ACCOUNTS)
        account = use(imran, card_of(batch), None).account
        assert used_up_noted() == 0
        pay(account, "5", "deduction")
        assert used_up_noted() == 1
        assert card_of(batch).status == "used_up"

    @pytest.mark.parametrize("deed", [batch_block, batch_unblock])
    def test_a_reason_is_needed(self, imran: Actor, batch: CardBatch, deed: Any) -> None:
        with refused("reason_required", "reason"):
            deed(actor=imran, batch=batch, reason=" ")

    def test_without_authorization_3_nothing_is_done(
        self, tree: ResellerTree, batch: CardBatch
    ) -> None:
        stranger = actor_for(UserFactory(account=tree.sibling))
        with pytest.raises(NotInScope):
            batch_block(actor=stranger, batch=batch, reason="x")
        customer = actor_for(UserFactory(account=tree.customer))
        own = cards(tree.customer, 1, "OWN01")
        for deed in (batch_block, batch_unblock):
            with pytest.raises(NotAllowed):
                deed(actor=customer, batch=own, reason="x")
        with pytest.raises(NotAllowed):
            cards_sell(actor=customer, batch=own, cards=own.cards.all())
        with pytest.raises(NotAllowed):
            card_look_up(actor=customer, pin=pin_of(card_of(own)))


class TestEnding:
    def test_live_cards_stand_against_closing_until_their_batch_is_blocked(
        self, tree: ResellerTree
    ) -> None:
        account = AccountFactory(parent=tree.agent)
        batch = cards(account, 2, "END01")
        with pytest.raises(Refused) as error:
            account_close(actor=SYSTEM, account=account, reason="x")
        assert "2 live phone cards" in str(error.value.items[0].label)
        batch_block(actor=SYSTEM, batch=batch, reason="x")
        account_close(actor=SYSTEM, account=account, reason="x")
        with refused("closed"):
            batch_unblock(actor=SYSTEM, batch=batch, reason="x")

    def test_an_account_with_batches_is_not_deleted(self, tree: ResellerTree) -> None:
        account = AccountFactory(parent=tree.agent)
        cards(account, 2, "END01")
        with pytest.raises(Refused) as error:
            account_delete(actor=SYSTEM, account=account, reason="x")
        assert any("1 card batch" in str(one.label) for one in error.value.items)


def test_no_pin_is_in_any_entry_of_the_audit_log(
    tree: ResellerTree, imran: Actor, batch: CardBatch
) -> None:
    every = [pin_of(card_of(batch, n)) for n in range(3)]
    card_look_up(actor=imran, pin=every[0])
    use(imran, card_of(batch), tree.customer)
    cards_sell(actor=imran, batch=batch, cards=batch.cards.all())
    entries = str(list(AuditEntry.objects.values()))
    assert not [pin for pin in every if pin in entries]

"""Batches of cards: what can be made, by whom, and what their PINs and serials are like."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.availability import ACTION
from accounts.core.models import AuditEntry, AvailabilityDay
from accounts.kit.encryption import encrypted, lookup_hash
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from billing.cards import pins
from billing.cards.models import Card, CardBatch
from billing.cards.serials import serials
from billing.cards.services import generation
from billing.cards.services.batches import batch_preview
from billing.cards.services.generation import batch_generate
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.support.carding import card_of, cards, draft, pin_of, refused

pytestmark = pytest.mark.django_db


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

    def test_a_pin_that_another_makes_at_the_last_moment_is_drawn_again(
        self, tree: ResellerTree
    ) -> None:
        theirs = pin_of(card_of(cards(tree.agent, 1, "FIRST1")))
        found = generation._drawn(12, 3)
        found[lookup_hash(theirs, pins.PURPOSE)] = encrypted(theirs)
        with transaction.atomic():
            batch = generation._written(SYSTEM, tree.agent, draft(4, "NEXT01"), found)
        every = [pin_of(card_of(batch, place)) for place in range(4)]
        assert theirs not in every
        assert len(set(every)) == 4

    def test_serials_that_another_takes_at_the_last_moment_are_not_available(
        self, tree: ResellerTree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cards(tree.agent, 2, "SYL101")
        monkeypatch.setattr(generation, "refuse_taken_serials", lambda *_args, **_more: None)
        with refused("not_available", "first_serial"):
            cards(tree.customer, 3, "SYL100")
        assert Card.objects.count() == 2

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

    def test_serials_of_others_are_named_as_asked_for_and_count(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        cards(tree.other_customer, 1, "SYL105")
        for deed in (batch_preview, batch_generate):
            with refused("not_available", "first_serial") as found:
                deed(actor=imran, account=tree.agent, draft=draft(10, "SYL100"))
            assert str(found.value.message) == "SYL100 – SYL109 is not available."
        assert AvailabilityDay.objects.get(account=tree.top).named == 1
        assert AuditEntry.objects.filter(action=ACTION, actor="imran").count() == 2
        # What the own hierarchy has does not count.
        cards(tree.customer, 1, "SYL205")
        with refused("not_available", "first_serial"):
            batch_generate(actor=imran, account=tree.agent, draft=draft(10, "SYL200"))
        assert AvailabilityDay.objects.get(account=tree.top).named == 1

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
    assume(least > pins.SHORTEST)
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

"""What refuses card batches and cards, by its code."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.core.actor import Actor, actor_for
from billing.cards import pins
from billing.cards.models import CardBatch
from billing.cards.rules.batches import refuse_operator
from billing.cards.serials import serials
from billing.cards.services.attempts import MOST
from billing.cards.services.redeeming import card_look_up, may_try
from tests.factories import ResellerTree
from tests.support.admin import operator_with
from tests.support.carding import card_of, cards, pin_of, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


def test_cards_expire_on_a_day_that_is_still_to_come(tree: ResellerTree) -> None:
    with refused("past", "expires_on"):
        cards(tree.agent, first="OLD001", expires_at=timezone.now() - timedelta(minutes=1))
    assert not CardBatch.objects.exists()


def test_a_pin_that_can_be_guessed_is_refused() -> None:
    with refused("pin_guessable", "pin_length"):
        pins.check_length(pins.shortest_for(100_000) - 1, 100_000)


def test_serials_count_up_within_their_digits() -> None:
    assert serials("SYL98", 2).last == 99
    with refused("serial_too_short", "first_serial"):
        serials("SYL98", 3)


def test_a_wrong_pin_is_one_and_too_many_shut_the_door_for_right_ones(
    imran: Actor, batch: CardBatch
) -> None:
    for _at in range(MOST):
        with refused("wrong_pin", "text"):
            card_look_up(actor=imran, pin="000000000000")
    with refused("too_many_attempts", "pin"):
        card_look_up(actor=imran, pin=pin_of(card_of(batch)))


def test_operators_have_nothing_to_do_with_cards() -> None:
    operator = actor_for(operator_with("change_account"))
    with refused("portal_only"):
        refuse_operator(operator)
    with refused("portal_only"):
        may_try(operator)

"""Decks that nobody entered go after a month; what was entered keeps its rates and not its rows."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from billing.rates.models import DeckPiece, DeckRow, Rate, RateImport
from billing.rates.services.decks import purge_decks
from tests.billing.rates.conftest import Business
from tests.factories.decks import deck, entered_deck

pytestmark = pytest.mark.django_db

SHEET = "Prefix,Rate\n880,0.05\n"


def a_month_later(days: int = 31) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(days=days))


def test_a_deck_that_nobody_entered_goes_with_its_file(business: Business) -> None:
    deck(business.group, SHEET)
    with a_month_later(29):
        assert purge_decks() == 0
    assert DeckPiece.objects.exists()
    with a_month_later():
        assert purge_decks() > 0
    assert not RateImport.objects.exists()
    assert not DeckPiece.objects.exists()


def test_of_one_that_was_entered_the_rows_go_and_the_rates_stay(business: Business) -> None:
    entered_deck(business.group, SHEET)
    with a_month_later():
        assert purge_decks() == 1
        assert purge_decks() == 0
    assert RateImport.objects.exists()
    assert not DeckRow.objects.exists()
    assert [one.prefix for one in Rate.objects.standing()] == ["880"]

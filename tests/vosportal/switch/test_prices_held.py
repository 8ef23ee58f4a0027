"""A price of the past does not begin, and is not taken back, where a call was let through that
would cost something else, charged or not (docs/domain.md 7).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.gateways.models import Gateway
from accounts.kit.errors import Refused
from billing.holds.queries import held_prefixes
from billing.rates.services.deck_undoing import deck_undo
from tests.factories import StaffFactory
from tests.factories.calls import cdr, charged
from tests.factories.decks import entered_deck
from tests.factories.rates import rate, rate_entered
from tests.support.pages import just_signed_in, words_of
from tests.support.switching import SWITCH, asked
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOON, tick=False)
    return time_machine


def test_a_rate_does_not_begin_before_a_call_that_runs(switched: Switched, clock: Any) -> None:
    asked()
    clock.shift(60)
    with pytest.raises(Refused, match="A call to 88017 was let through") as refused:
        rate_entered(switched.groups.customer, "88017", "0.05", since=NOON)
    assert (refused.value.code, refused.value.field) == ("held", "since")
    assert rate_entered(
        switched.groups.customer, "88017", "0.05", since=NOON + timedelta(seconds=1)
    )


@pytest.fixture
def elsewhere(switched: Switched) -> None:
    """A call to 881 was let through first, then one to 88017."""
    for group in (switched.groups.top, switched.groups.agent, switched.groups.customer):
        rate(group, "881", "0.06")
    Gateway.objects.filter(pk=switched.route.pk).update(prefixes=[])
    assert asked("c-1", callee="8811234567")["allowed"]
    assert asked("c-2")["allowed"]


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("prefix", ["88017", "8811"])
def test_calls_to_other_numbers_hide_none(switched: Switched, clock: Any, prefix: str) -> None:
    clock.shift(60)
    with pytest.raises(Refused, match=f"A call to {prefix} was let through"):
        rate_entered(switched.groups.customer, prefix, "0.05", since=NOON)


@pytest.mark.usefixtures("elsewhere")
def test_so_many_are_counted_at_most_each_for_its_longest_prefix(switched: Switched) -> None:
    key = switched.groups.customer.pk
    begun = {"880": NOON, "88017": NOON, "8801": NOON, "881": NOON}
    assert held_prefixes(key, begun, 9) == {"88017": 1, "881": 1}
    assert sum(held_prefixes(key, begun, 1).values()) == 1
    later = {**begun, "88017": NOON + timedelta(seconds=1)}
    assert held_prefixes(key, later, 9) == {"8801": 1, "881": 1}
    assert held_prefixes(key, {"33": NOON}, 9) == {}


def test_once_it_is_charged_the_refusal_says_so(switched: Switched, clock: Any) -> None:
    asked()
    charged(cdr("c-1", at=NOON, phone=switched.phone.number), source=SWITCH)
    clock.shift(60)
    with pytest.raises(Refused, match="Calls to 88017 were charged") as refused:
        rate_entered(switched.groups.customer, "88017", "0.05", since=NOON)
    assert refused.value.code == "charged"


def test_a_deck_that_a_call_runs_by_is_not_undone(switched: Switched, clock: Any) -> None:
    deck = entered_deck(switched.groups.customer, "Prefix,Rate\n88017,0.05\n")
    clock.shift(60)
    asked()
    clock.shift(60)
    with pytest.raises(Refused, match="A call to 88017 was let through"):
        deck_undo(actor=SYSTEM, deck=deck)
    staff = just_signed_in(StaffFactory(administrator=True))
    page = words_of(staff.get(reverse("billing:rate-import-undo", args=[deck.pk])))
    assert "Calls hold money by it" in page
    assert "1 call was let through by what it began or ended, and is not charged yet." in page
    assert "Calls were charged by it" not in page
    assert "Undo the deck" not in page

"""A price of the past begins, or is taken back, only where no call was charged that would have cost
something else (docs/domain.md 7).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.kit.errors import Refused
from billing.calls.models import CallRecord
from billing.rates.models import Rate
from billing.rates.services.deck_undoing import deck_undo, undo_preview
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory, UserFactory, grant
from tests.factories.calls import cdr, charged, charges, waits
from tests.factories.decks import entered_deck
from tests.factories.rates import rate_entered
from tests.factories.trees import ResellerTree
from tests.support.pages import just_signed_in, words_of

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
CALLED = NOON - timedelta(days=1)
DECK = "Prefix,Rate,Effective\n88017,0.05,2027-03-{day}\n"


@pytest.fixture(autouse=True)
def _called(tree: ResellerTree, groups: Groups, time_machine: Any) -> None:
    """A call to 88017… of yesterday is charged at 880, and nothing else was called."""
    time_machine.move_to(NOON)
    charged(cdr(account="Customer-001", at=CALLED))


def test_a_longer_prefix_does_not_begin_before_what_was_charged(groups: Groups) -> None:
    with pytest.raises(Refused, match="Calls to 88017 were charged") as refused:
        rate_entered(groups.customer, "88017", "0.05", since=CALLED)
    assert (refused.value.code, refused.value.field) == ("charged", "since")
    assert not Rate.objects.filter(prefix="88017").exists()


def test_behind_it_it_may_begin(groups: Groups) -> None:
    assert rate_entered(groups.customer, "88017", "0.05", since=CALLED + timedelta(microseconds=1))


def test_what_was_not_called_may_begin_in_the_past(groups: Groups) -> None:
    assert rate_entered(groups.customer, "88018", "0.05", since=CALLED)
    assert rate_entered(groups.customer, "8", "0.05", since=CALLED)


def test_at_a_group_that_nobody_was_charged_at_it_may(tree: ResellerTree, groups: Groups) -> None:
    assert rate_entered(groups.customer, "44", "0.05", since=CALLED)
    charged(cdr("waits", account="Customer-001", callee="442071838750", at=CALLED))
    assert waits() == [("no_rate", "Dhaka-Retail-Sub")]


def test_a_rate_that_was_missing_is_entered_for_what_waits(groups: Groups) -> None:
    charged(cdr("waits", account="Customer-001", callee="442071838750", at=CALLED))
    for group in (groups.customer, groups.agent, groups.top):
        rate_entered(group, "44", "0.05", since=CALLED)
    CallRecord.objects.update(state="new")
    charged()
    assert waits() == []
    assert [one[1] for one in charges()] == ["880"] * 3 + ["44"] * 3


def test_a_deck_that_begins_before_is_not_entered(groups: Groups) -> None:
    with pytest.raises(Refused, match="Calls to 88017 were charged"):
        entered_deck(groups.customer, DECK.format(day=14))
    assert entered_deck(groups.customer, DECK.format(day=15))


def test_a_deck_that_was_charged_by_is_not_undone(groups: Groups, time_machine: Any) -> None:
    deck = entered_deck(groups.customer, "Prefix,Rate\n88017,0.05\n")
    time_machine.move_to(NOON + timedelta(hours=2))
    charged(cdr("later", account="Customer-001", at=NOON + timedelta(hours=1)))
    with pytest.raises(Refused, match="Calls to 88017 were charged") as refused:
        deck_undo(actor=SYSTEM, deck=deck)
    assert refused.value.code == "charged"


def test_neither_is_one_that_ended_what_would_have_been_charged(
    groups: Groups, time_machine: Any
) -> None:
    """A full deck without 880, and a call that was charged by its price for all."""
    deck = entered_deck(groups.customer, "Prefix,Rate\n8,0.05\n", is_full=True)
    time_machine.move_to(NOON + timedelta(hours=2))
    charged(cdr("later", account="Customer-001", at=NOON + timedelta(hours=1)))
    with pytest.raises(Refused, match="Calls to 8"):
        deck_undo(actor=SYSTEM, deck=deck)


def test_one_that_nothing_was_charged_by_is_undone(groups: Groups, time_machine: Any) -> None:
    deck = entered_deck(groups.customer, "Prefix,Rate\n88018,0.05\n")
    time_machine.move_to(NOON + timedelta(hours=2))
    charged(cdr("later", account="Customer-001", at=NOON + timedelta(hours=1)))
    assert deck_undo(actor=SYSTEM, deck=deck).state == "undone"


def test_the_page_says_before_by_which_prefixes_calls_were_charged(
    tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    grant(tree.top, "manage_account")
    grant(tree.agent, "manage_account")
    deck = entered_deck(groups.customer, "Prefix,Rate\n88017,0.05\n88018,0.05\n88019,0.05\n")
    time_machine.move_to(NOON + timedelta(hours=2))
    at = NOON + timedelta(hours=1)
    charged(
        cdr("one", account="Customer-001", at=at),
        cdr("two", account="Customer-001", at=at),
        cdr("other", account="Customer-001", callee="8801811000000", at=at),
    )
    path = reverse("billing:rate-import-undo", args=[deck.pk])
    page = words_of(just_signed_in(UserFactory(account=tree.agent)).get(path))
    # The agent's own charges are at another group.
    assert "3 charges were made by what it began or ended. 88017 2 88018 1 It cannot be" in page
    assert "Undo the deck" not in page


def test_charges_are_counted_as_far_as_a_page_needs(
    groups: Groups, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.rates.services.deck_undoing.MOST_COUNTED", 2)
    deck = entered_deck(groups.customer, "Prefix,Rate\n88017,0.05\n")
    time_machine.move_to(NOON + timedelta(hours=2))
    at = NOON + timedelta(hours=1)
    charged(*(cdr(f"later-{one}", account="Customer-001", at=at) for one in range(5)))
    assert undo_preview(actor=SYSTEM, deck=deck).charged == {"88017": 3}


def test_prefixes_beyond_ten_are_only_counted(groups: Groups, time_machine: Any) -> None:
    prefixes = [f"8801{one}" for one in range(10, 22)]
    deck = entered_deck(
        groups.customer, "Prefix,Rate\n" + "".join(f"{one},0.05\n" for one in prefixes)
    )
    time_machine.move_to(NOON + timedelta(hours=2))
    charged(
        *(
            cdr(one, account="Customer-001", callee=f"{one}000000", at=NOON + timedelta(hours=1))
            for one in prefixes
        )
    )
    staff = just_signed_in(StaffFactory(administrator=True))
    page = words_of(staff.get(reverse("billing:rate-import-undo", args=[deck.pk])))
    assert "12 charges were made" in page
    assert "880119 1 and 2 more prefixes" in page

"""Decks are entered and undone while nothing else has happened, and go when they are old
(docs/domain.md 7).
"""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import transaction

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry
from accounts.kit.errors import Refused
from accounts.kit.sheets_in import BadSheet
from billing.rates.models import DeckRow, Rate, RateImport
from billing.rates.services import decks
from billing.rates.services.deck_checks import check
from billing.rates.services.deck_entering import deck_enter, entered
from billing.rates.services.deck_undoing import deck_undo
from billing.rates.services.decks import deck_check_again, deck_hand_in, purge_decks
from billing.rates.services.rates import rate_end
from billing.wallets.models import RateGroup
from tests.billing.rates.conftest import Business
from tests.factories.decks import deck, entered_deck, looked_at
from tests.factories.rates import LONG_AGO, rate, rate_group

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NEXT = datetime(2027, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TEXT = "Prefix,Rate\n880,0.06\n"
State = RateImport.State


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def group(business: Business) -> RateGroup:
    return business.group


def standing(group: RateGroup) -> list[tuple[str, str, datetime, datetime | None]]:
    found = Rate.objects.standing().filter(group=group).order_by("prefix", "effective_from")
    return [
        (one.prefix, str(one.price.normalize()), one.effective_from, one.effective_until)
        for one in found
    ]


def enter(made: RateImport, *, leaves_out: bool = False) -> RateImport:
    with transaction.atomic():
        return entered(SYSTEM, made, leaves_out, lambda _done, _total: None)


def asked_to_enter(business: Business, made: RateImport) -> RateImport:
    return deck_enter(
        actor=business.actor, deck=made, leaves_out=False, expected=made.layout["digest"]
    )


def refusal(call: Any, *asked: Any, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*asked, **more)
    return refused.value.code


# --- Entered


def test_entered_twice_it_does_nothing_twice(group: RateGroup) -> None:
    made = enter(deck(group, TEXT))
    before = standing(group)
    assert enter(made).state == State.COMMITTED
    assert standing(group) == before
    assert AuditEntry.objects.filter(action="rate_import.enter").count() == 1


def test_a_job_that_is_begun_again_leaves_what_was_entered(group: RateGroup) -> None:
    made = deck(group, TEXT)
    made.layout["kept"] = True
    RateImport.objects.filter(pk=made.pk).update(state=State.CHECKED, layout=made.layout)
    work = SimpleNamespace(
        input={"deck": made.pk},
        actor=SYSTEM,
        progress=lambda _done, _total: None,
        commit=transaction.atomic,
        finish=lambda _counts: None,
    )
    check(work)  # type: ignore[arg-type]
    made.refresh_from_db()
    assert (made.state, made.layout["kept"]) == (State.CHECKED, True)


def test_what_is_not_ready_is_not_asked_for(business: Business, group: RateGroup) -> None:
    rate(group, "880", "0.06")
    same = deck(group, TEXT)
    assert refusal(asked_to_enter, business, same) == "nothing_to_do"
    made = enter(deck(group, "Prefix,Rate\n44,0.06\n"))
    assert refusal(asked_to_enter, business, made) == "entered"
    undone = deck_undo(actor=SYSTEM, deck=made)
    assert refusal(deck_check_again, actor=SYSTEM, deck=undone) == "entered"


def test_while_it_is_being_entered_nobody_else_is_at_it(
    business: Business, group: RateGroup
) -> None:
    made = asked_to_enter(business, deck(group, TEXT))
    assert made.state == State.COMMITTING
    assert refusal(deck_check_again, actor=SYSTEM, deck=made) == "busy_deck"


def test_rows_without_a_prefix_are_left_out_of_changes(group: RateGroup) -> None:
    made = deck(group, "Prefix,Rate\n880,0.06\nfour,0.1\n")
    assert enter(made, leaves_out=True).state == State.COMMITTED
    assert standing(group) == [("880", "0.06", NOON, None)]


def test_a_price_that_has_ended_since_makes_something_else_of_it(
    group: RateGroup, clock: Any
) -> None:
    """It would raise a price; by then there is none, and it begins one."""
    rate(group, "880", "0.05", until=NOON + DAY)
    made = deck(group, TEXT)
    clock.shift(2 * DAY)
    assert refusal(enter, made) == "changed_since"
    assert enter(looked_at(made)).state == State.COMMITTED


def test_something_else_that_has_happened_since_is_nothing_to_it(
    group: RateGroup, clock: Any
) -> None:
    """It is compared again, at another moment, and would do what it would have done."""
    rate(group, "880", "0.05")
    made = deck(group, TEXT)
    clock.shift(DAY)
    rate(group, "44", "0.01", since=NOON)
    enter(made)
    assert standing(group)[-1] == ("880", "0.06", NOON + DAY, None)


def test_entered_later_it_ends_what_it_replaces_later(group: RateGroup, clock: Any) -> None:
    old = rate(group, "880", "0.05")
    rate(group, "44", "0.05")
    made = deck(group, TEXT, is_full=True)
    clock.shift(DAY)
    enter(made)
    assert standing(group) == [
        ("44", "0.05", LONG_AGO, NOON + DAY),
        ("880", "0.05", LONG_AGO, NOON + DAY),
        ("880", "0.06", NOON + DAY, None),
    ]
    old.refresh_from_db()
    # A form that somebody has open since then clashes.
    assert old.version == 2


# --- Undone


def test_undoing_is_counted_and_recorded(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    made = entered_deck(group, TEXT)
    group.refresh_from_db()
    before = group.version
    deck_undo(actor=SYSTEM, deck=made)
    group.refresh_from_db()
    assert group.version == before + 1
    old, new = Rate.objects.filter(group=group).order_by("pk")
    assert (old.version, old.ended_by, old.void_at, old.effective_until) == (3, None, None, None)
    assert (new.version, new.void_at) == (2, NOON)
    entry = AuditEntry.objects.get(action="rate_import.undo")
    assert (entry.account, entry.after["taken_back"], entry.after["going_on"]) == ("Agent", 1, 1)


def test_what_it_ended_was_changed_since(group: RateGroup) -> None:
    old = rate(group, "880", "0.05")
    made = entered_deck(group, TEXT, effective_at=NEXT)
    rate_end(actor=SYSTEM, rate=old, at=NOON + DAY)
    assert refusal(deck_undo, actor=SYSTEM, deck=made) == "changed_since"


def test_other_groups_and_what_was_taken_back_are_in_nobodys_way(
    business: Business, group: RateGroup
) -> None:
    rate(group, "880", "0.05")
    made = entered_deck(group, "Prefix,Rate\n1,0.01\n", is_full=True)
    rate(rate_group(business.agent, "Other"), "880", "0.09")
    rate_end(actor=SYSTEM, rate=rate(group, "880", "0.09", since=NEXT))
    deck_undo(actor=SYSTEM, deck=made)
    assert standing(group) == [("880", "0.05", LONG_AGO, None)]


# --- Handed in


def test_the_end_of_a_long_file_name_is_kept(group: RateGroup) -> None:
    made = deck_hand_in(
        actor=SYSTEM, group=group, file=io.BytesIO(TEXT.encode()), is_full=False, has_job=False,
        file_name="x" * 300 + ".csv",
    )  # fmt: skip
    assert made.file_name == "x" * 196 + ".csv"


def test_a_file_is_as_large_as_files_may_be(
    group: RateGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decks, "MOST_BYTES", len(TEXT))
    assert deck(group, TEXT).state == State.CHECKED
    with pytest.raises(BadSheet) as refused, transaction.atomic():
        deck(group, f"{TEXT}\n")
    assert refused.value.code == "too_large"


# --- Old ones


def test_a_deck_at_which_a_worker_is_stays(
    business: Business, group: RateGroup, clock: Any
) -> None:
    waiting = deck_hand_in(
        actor=business.actor, group=group, file=io.BytesIO(TEXT.encode()), is_full=False,
        file_name="a.csv",
    )  # fmt: skip
    asked_to_enter(business, deck(group, "Prefix,Rate\n44,0.06\n"))
    clock.shift(31 * DAY)
    assert purge_decks() == 0
    assert RateImport.objects.filter(pk=waiting.pk).exists()


def test_the_rows_of_one_that_was_entered_lately_stay(group: RateGroup, clock: Any) -> None:
    made = deck(group, TEXT)
    clock.shift(29 * DAY)
    enter(made)
    clock.shift(2 * DAY)
    assert purge_decks() == 0
    assert DeckRow.objects.filter(deck=made).count() == 1

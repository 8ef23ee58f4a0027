"""What a deck does to its group: found out first, then entered as a whole, and taken back."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction

from accounts.core.actor import SYSTEM
from accounts.core.models import AuditEntry
from accounts.kit.errors import Clash, Refused
from billing.rates.deck_sorting import Spill
from billing.rates.drafts import RateDraft
from billing.rates.models import DeckPiece, DeckRow, Rate, RateImport
from billing.rates.periods import read_period
from billing.rates.services.deck_checks import look_at
from billing.rates.services.deck_entering import deck_enter, entered
from billing.rates.services.deck_undoing import UndoPlan, deck_undo, undo_preview
from billing.rates.services.decks import deck_check_again
from billing.rates.services.rates import rate_change, rate_end
from billing.wallets.models import RateGroup
from tests.factories.decks import deck, entered_deck, looked_at, problems, rows
from tests.factories.rates import LONG_AGO, rate, rate_group

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NEXT = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def group() -> RateGroup:
    return rate_group(name="Wholesale")


def standing(group: RateGroup) -> list[tuple[str, str, datetime, datetime | None]]:
    found = Rate.objects.standing().filter(group=group).order_by("prefix", "effective_from")
    return [
        (one.prefix, str(one.price.normalize()), one.effective_from, one.effective_until)
        for one in found
    ]


def test_the_preview_says_what_becomes_of_each_rate(group: RateGroup) -> None:
    for prefix, price in (("880", "0.05"), ("44", "0.02"), ("1", "0.01"), ("7", "0.03")):
        rate(group, prefix, price)
    made = deck(group, "Prefix,Rate\n880,0.06\n44,0.01\n1,0.01\n39,0.04\nx,1\n")
    assert rows(made) == [
        ("refused", "", "0"),
        ("unchanged", "1", "0.01"),
        ("new", "39", "0.04"),
        ("lowered", "44", "0.01"),
        ("raised", "880", "0.06"),
    ]
    assert made.counts == {
        "new": 1, "raised": 1, "lowered": 1, "changed": 0, "ending": 0, "unchanged": 1,
        "refused": 1, "rows": 5, "left_out": 0, "unreadable": 1,
    }  # fmt: skip
    biggest = DeckRow.objects.filter(deck=made).order_by("-change").values_list("prefix", "change")
    assert list(biggest)[:2] == [("44", 500_000), ("880", 200_000)]
    assert standing(group)[0] == ("1", "0.01", LONG_AGO, None)


def test_a_full_deck_ends_what_is_missing_and_changes_alone_do_not(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    rate(group, "44", "0.02", since=NEXT)
    assert rows(deck(group, "Prefix,Rate\n1,0.01\n")) == [("new", "1", "0.01")]
    made = entered_deck(group, "Prefix,Rate\n1,0.01\n", is_full=True)
    assert rows(made) == [
        ("new", "1", "0.01"),
        ("ending", "44", "0.02"),
        ("ending", "880", "0.05"),
    ]
    # What had not begun never counts.
    assert standing(group) == [("1", "0.01", NOON, None), ("880", "0.05", LONG_AGO, NOON)]


def test_entering_ends_what_is_replaced_at_the_chosen_moment(group: RateGroup) -> None:
    rate(group, "880", "0.05", destination="Bangladesh")
    version = RateGroup.objects.get(pk=group.pk).version
    made = entered_deck(group, "Prefix,Rate,Interval\n880,0.06,1/1\n", effective_at=NEXT)
    assert standing(group) == [
        ("880", "0.05", LONG_AGO, NEXT),
        ("880", "0.06", NEXT, None),
    ]
    old, new = Rate.objects.filter(group=group).order_by("effective_from")
    assert (old.ended_by, old.until_before, new.begun_by) == (made, None, made)
    # What the deck does not speak of stays.
    assert (new.destination, new.first_block, new.increment) == ("Bangladesh", 1, 1)
    group.refresh_from_db()
    assert group.version == version + 1
    assert (made.state, made.committed_at) == (RateImport.State.COMMITTED, NOON)
    assert not DeckPiece.objects.filter(deck=made).exists()
    entry = AuditEntry.objects.get(action="rate_import.enter")
    assert (entry.subject, entry.after["raised"]) == ("Wholesale", 1)


def test_rows_have_dates_of_their_own(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    entered_deck(
        group,
        "Prefix,Rate,Effective from,Effective until\n"
        "880,0.06,2027-01-01,2027-02-01\n880,0.07,2027-02-01,\n44,0.01,2020-01-01,\n",
    )
    february = datetime(2027, 2, 1, tzinfo=UTC)
    assert standing(group) == [
        ("44", "0.01", datetime(2020, 1, 1, tzinfo=UTC), None),
        ("880", "0.05", LONG_AGO, NEXT),
        ("880", "0.06", NEXT, february),
        ("880", "0.07", february, None),
    ]


def test_a_row_without_an_end_lasts_until_the_next_one(group: RateGroup) -> None:
    entered_deck(group, "Prefix,Rate,Effective\n880,0.06,2027-01-01\n880,0.05,2026-01-01\n")
    assert standing(group) == [
        ("880", "0.05", datetime(2026, 1, 1, tzinfo=UTC), NEXT),
        ("880", "0.06", NEXT, None),
    ]


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ("880,0.05,,,\n880,0.06,,,\n", [2, 3]),
        ("880,0.05,2027-01-01,2027-03-01,\n880,0.06,2027-02-01,,\n", [2, 3]),
        ("880,0.05,,,mon-fri 08:00-20:00\n880,0.06,,,fri 19:00-21:00\n", [2, 3]),
        ("880,0.05,,,mon-fri 08:00-20:00\n880,0.06,,,sat 19:00-21:00\n880,0.04,,,\n", []),
        ('"880,881",0.05,,,\n881,0.06,,,\n', [2, 3]),
    ],
)
def test_two_rows_that_could_both_apply_are_refused(
    group: RateGroup, lines: str, refused: list[int]
) -> None:
    head = "Prefix,Rate,Effective from,Effective until,Period\n"
    assert [line for line, _words in problems(deck(group, head + lines))] == refused


def test_a_price_that_was_in_effect_is_not_changed_afterwards(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    made = deck(group, "Prefix,Rate,Effective\n880,0.06,2026-11-01\n44,0.01,2026-11-01\n")
    assert problems(made) == [
        (2, "880 has a price since 2020-01-01 00:00; choose a beginning from now on.")
    ]
    # The same price from another day is no change.
    assert rows(deck(group, "Prefix,Rate,Effective\n880,0.05,2026-11-01\n")) == [
        ("unchanged", "880", "0.05")
    ]


def test_a_rate_that_comes_later_stands_against_one_without_an_end(group: RateGroup) -> None:
    rate(group, "880", "0.05", since=NEXT)
    made = deck(group, "Prefix,Rate\n880,0.04\n")
    assert problems(made) == [
        (2, "880: another rate stands from 2027-01-01 00:00; give this one an end.")
    ]
    text = "Prefix,Rate,Effective until\n880,0.04,2027-01-01\n"
    assert rows(deck(group, text)) == [("new", "880", "0.04")]


def test_other_hours_that_meet_stand_against_a_row(group: RateGroup) -> None:
    rate(group, "880", "0.05", period=read_period("mon-fri 08:00-20:00"))
    made = deck(group, "Prefix,Rate,Period\n880,0.04,mon-fri 07:00-09:00\n")
    assert problems(made) == [(2, "880: a rate with other hours stands from 2020-01-01 00:00.")]


def test_a_coming_rate_that_is_replaced_never_counts(group: RateGroup) -> None:
    rate(group, "880", "0.05", since=NEXT)
    made = entered_deck(group, "Prefix,Rate,Effective\n880,0.07,2027-01-01\n")
    assert rows(made) == [("raised", "880", "0.07")]
    assert standing(group) == [("880", "0.07", NEXT, None)]
    deck_undo(actor=SYSTEM, deck=made)
    assert standing(group) == [("880", "0.05", NEXT, None)]


def test_peak_hours_become_rates_with_a_period(group: RateGroup) -> None:
    hours = read_period("mon-fri 08:00-20:00")
    entered_deck(group, "Prefix,Peak,Off-Peak\n880,0.10,0.05\n", peak=hours)
    found = Rate.objects.filter(group=group).order_by("price")
    assert [(str(one.price.normalize()), one.period) for one in found] == [
        ("0.05", None),
        ("0.1", hours),
    ]


def test_a_lock_of_the_keeper_stays_where_the_deck_says_nothing(group: RateGroup) -> None:
    rate(group, "882", "5", is_locked=True)
    entered_deck(group, "Prefix,Rate\n882,6\n")
    assert Rate.objects.in_effect(NOON).get(group=group).is_locked


def test_lines_that_end_a_prefix(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    made = entered_deck(group, "Prefix,Rate,Status,Effective\n880,,Deleted,2027-01-01\n")
    assert rows(made) == [("ending", "880", "0.05")]
    assert standing(group) == [("880", "0.05", LONG_AGO, NEXT)]
    assert problems(deck(group, "Prefix,Rate,Status\n44,,Deleted\n")) == [
        (2, "44 has no rate that could end.")
    ]


def test_refused_rows_have_to_be_left_out_aloud(group: RateGroup) -> None:
    made = deck(group, "Prefix,Rate\n880,0.05\n44,x\n")
    with pytest.raises(Refused) as refused, transaction.atomic():
        entered(SYSTEM, made, False, _told)
    assert refused.value.code == "rows_refused"
    with transaction.atomic():
        entered(SYSTEM, made, True, _told)
    assert [one[0] for one in standing(group)] == ["880"]


def test_in_a_full_deck_a_refused_row_ends_nothing(group: RateGroup) -> None:
    rate(group, "44", "0.02")
    entered_deck(group, "Prefix,Rate\n880,0.05\n44,x\n", is_full=True)
    assert [one[0] for one in standing(group)] == ["44", "880"]
    made = deck(group, "Prefix,Rate\n880,0.06\nfour,0.1\n", is_full=True)
    with pytest.raises(Refused) as refused, transaction.atomic():
        entered(SYSTEM, made, True, _told)
    assert refused.value.code == "full_unreadable"


def test_a_deck_that_changes_nothing_is_not_entered(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    made = deck(group, "Prefix,Rate\n880,0.05\n")
    with pytest.raises(Refused) as refused, transaction.atomic():
        entered(SYSTEM, made, False, _told)
    assert refused.value.code == "nothing_to_do"


def test_what_the_group_has_become_since_is_compared_again(group: RateGroup) -> None:
    other, one = rate(group, "44", "0.02"), rate(group, "880", "0.05")
    made = deck(group, "Prefix,Rate\n880,0.06\n")
    rate_change(actor=SYSTEM, rate=other, draft=RateDraft("44", Decimal("0.03")))
    with transaction.atomic():
        # Something else has changed, which makes nothing else of the deck.
        made = entered(SYSTEM, made, False, _told)
    assert made.state == RateImport.State.COMMITTED
    again = deck(group, "Prefix,Rate\n880,0.07\n")
    rate_end(actor=SYSTEM, rate=Rate.objects.in_effect(NOON).get(prefix="880"))
    with pytest.raises(Refused) as refused, transaction.atomic():
        entered(SYSTEM, again, False, _told)
    assert refused.value.code == "changed_since"
    assert one.prefix == "880"


def test_a_date_that_has_passed_since_the_check(group: RateGroup, clock: Any) -> None:
    rate(group, "880", "0.05")
    made = deck(group, "Prefix,Rate,Effective\n880,0.06,2026-12-02\n")
    clock.shift(timedelta(days=2))
    with pytest.raises(Refused) as refused, transaction.atomic():
        entered(SYSTEM, made, False, _told)
    assert refused.value.code == "changed_since"
    # A deck without dates begins when it is entered, however late that is.
    late = deck(group, "Prefix,Rate\n880,0.06\n")
    clock.shift(timedelta(days=2))
    with transaction.atomic():
        entered(SYSTEM, late, False, _told)
    assert Rate.objects.get(begun_by=late).effective_from == NOON + timedelta(days=4)


def test_undoing_gives_back_what_was(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    rate(group, "44", "0.02", until=NEXT)
    before = standing(group)
    made = entered_deck(group, "Prefix,Rate\n880,0.06\n1,0.01\n", is_full=True)
    assert undo_preview(actor=SYSTEM, deck=made) == UndoPlan(2, 2, {}, {})
    deck_undo(actor=SYSTEM, deck=made)
    assert standing(group) == before
    assert RateImport.objects.get(pk=made.pk).state == RateImport.State.UNDONE
    assert AuditEntry.objects.get(action="rate_import.undo").after["going_on"] == 2
    with pytest.raises(Refused) as refused:
        deck_undo(actor=SYSTEM, deck=made)
    assert refused.value.code == "not_entered"


def test_what_was_changed_since_is_not_undone(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    made = entered_deck(group, "Prefix,Rate\n880,0.06\n")
    later = rate(group, "881", "0.05", since=NOON)
    rate_end(actor=SYSTEM, rate=later)
    assert undo_preview(actor=SYSTEM, deck=made) == UndoPlan(1, 1, {}, {})
    entered_deck(group, "Prefix,Rate\n880,0.07\n", effective_at=NEXT)
    with pytest.raises(Refused) as refused:
        deck_undo(actor=SYSTEM, deck=made)
    assert refused.value.code == "changed_since"
    assert "880" in str(refused.value.message)


def test_a_rate_entered_since_beside_one_that_would_go_on(group: RateGroup) -> None:
    rate(group, "880", "0.05")
    made = entered_deck(group, "Prefix,Rate\n1,0.01\n", is_full=True)
    rate(group, "880", "0.09", since=NEXT)
    with pytest.raises(Refused) as refused:
        deck_undo(actor=SYSTEM, deck=made)
    assert refused.value.code == "changed_since"


def test_questions_are_answered_and_the_deck_is_looked_at_again(group: RateGroup) -> None:
    made = deck(group, "Prefix,Rate,Effective\n880,0.05,01/02/2027\n")
    assert (made.state, made.layout["asks"]) == (RateImport.State.REFUSED, ["order"])
    with pytest.raises(Refused) as refused, transaction.atomic():
        entered(SYSTEM, made, False, _told)
    assert refused.value.code == "not_ready"
    made.layout["answers"]["order"] = "dmy"
    made.save()
    made = looked_at(made)
    assert made.state == RateImport.State.CHECKED
    assert DeckRow.objects.get(deck=made).effective_from == datetime(2027, 2, 1, tzinfo=UTC)


def test_what_was_entered_is_not_checked_again_and_only_what_was_seen_is_entered(
    group: RateGroup,
) -> None:
    made = deck(group, "Prefix,Rate\n880,0.05\n")
    with pytest.raises(Clash) as clash:
        deck_enter(actor=SYSTEM, deck=made, leaves_out=False, expected="something else")
    assert clash.value.code == "changed_meanwhile"
    with transaction.atomic():
        entered(SYSTEM, made, False, _told)
    with pytest.raises(Refused) as refused:
        deck_check_again(actor=SYSTEM, deck=made)
    assert refused.value.code == "entered"


def test_a_prefix_in_very_many_rows(group: RateGroup) -> None:
    made = deck(group, "Prefix,Rate\n" + "880,0.05\n" * 101)
    assert made.counts["refused"] == 101
    assert problems(made)[0] == (2, "880 stands in more than 100 rows.")


def test_a_moment_nobody_may_enter(group: RateGroup) -> None:
    with pytest.raises(Refused) as refused:
        deck(group, "Prefix,Rate\n880,0.05\n", effective_at=datetime(1, 1, 1, tzinfo=UTC))
    assert refused.value.code == "range"


def _told(_done: int, _total: int) -> None:
    """Nobody looks."""


def test_a_check_says_how_far_it_is_until_all_is_compared() -> None:
    lines = "".join(f"{number},0.01\n" for number in range(10_000, 11_500))
    told: list[tuple[int, int]] = []
    with closing(Spill()) as found:
        made = deck(rate_group(), f"Prefix,Rate\n{lines}")
        look_at(made, found, lambda done, total: told.append((done, total)))
    # Read in steps of 500, which is the first half, and compared in steps of 1,000.
    steps = [0, 250, 500, 750, 750, 1250, 1500]
    assert told == [(done, 1500) for done in steps]

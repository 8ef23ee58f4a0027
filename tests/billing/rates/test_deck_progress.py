"""How far it is while a deck is entered, which is one transaction (docs/domain.md 7)."""

import time
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.jobs.models import Job
from accounts.jobs.services.run import take, work_at
from billing.rates.models import Rate, RateImport
from billing.rates.services import deck_entering
from billing.rates.services.deck_entering import deck_enter, entered
from billing.wallets.models import RateGroup
from tests.factories.decks import deck
from tests.factories.rates import rate, rate_group
from tests.support.pages import words_of
from tests.support.waiting import LONGEST

CHANGES = "Prefix,Rate\n880,0.06\n44,0.01\n39,0.04\n1,0.01\n"


@pytest.fixture
def group(db: None) -> RateGroup:
    group = rate_group(name="Wholesale")
    rate(group, "880", "0.05")
    rate(group, "7", "0.05")
    return group


@pytest.fixture(autouse=True)
def _one_row_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deck_entering, "_PORTION", 1)


def told(made: RateImport) -> list[tuple[int, int]]:
    said: list[tuple[int, int]] = []
    with transaction.atomic():
        entered(SYSTEM, made, False, lambda done, total: said.append((done, total)))
    return said


def test_it_goes_from_nothing_to_all_rates_that_begin_or_end(group: RateGroup) -> None:
    said = told(deck(group, CHANGES, is_full=True))
    # Four begin, one of them in the place of another; what the deck leaves out ends.
    assert {total for _done, total in said} == {5}
    assert [done for done, _total in said] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert Rate.objects.standing().filter(group=group, effective_until=None).count() == 4


def test_comparing_once_more_is_half_of_it(group: RateGroup) -> None:
    made = deck(group, CHANGES)
    rate(group, "9", "0.01")
    done = [done for done, _total in told(made)]
    assert done == sorted(done)
    # Four rows end and begin in the second half of four.
    assert done[-8:] == [2, 2, 2, 3, 3, 3, 3, 4]
    assert max(done[:-8]) == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_others_see_how_far_it_is_before_anything_is_entered(
    group: RateGroup, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read in the transaction and was not written in it, another connection committed."""
    insert, seen = deck_entering.insert_selected, set()

    def watched(*given: Any) -> None:
        insert(*given)
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            row = Job.objects.values_list("done", "total").get()
            # Two states are enough: nothing may be said any more before the last is entered.
            if row[1] and (row not in seen or len(seen) > 1):
                break
            time.sleep(0.05)
        seen.add(row)

    monkeypatch.setattr(deck_entering, "insert_selected", watched)
    made = deck(group, "Prefix,Rate\n1,0.01\n39,0.04\n44,0.01\n")
    deck_enter(
        actor=actor_for(administrator), deck=made, leaves_out=False, expected=made.layout["digest"]
    )
    job = take(Job.objects.get().pk)
    assert job is not None
    work_at(job)
    job.refresh_from_db()
    assert (job.state, job.error, job.done) == (Job.State.DONE, "", 3)
    assert {total for _done, total in seen} == {3}
    assert len(seen) > 1


@pytest.mark.sqlite
def test_with_one_writer_for_all_it_is_at_work(
    group: RateGroup, admin: Client, administrator: User
) -> None:
    made = deck(group, CHANGES)
    deck_enter(
        actor=actor_for(administrator), deck=made, leaves_out=False, expected=made.layout["digest"]
    )
    take(Job.objects.get().pk)
    page = words_of(admin.get(reverse("billing:rate-import", args=[made.pk])))
    assert "At work" in page
    assert "0 of" not in page

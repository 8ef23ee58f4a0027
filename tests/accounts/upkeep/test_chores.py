"""What is due now and then is begun by one process, when it is due."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.upkeep.services.chores import claim, due
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
CHORES = {"sweep": HOUR, "dust": 2 * HOUR}


def test_what_nobody_began_yet_is_due() -> None:
    assert due(CHORES) == ["sweep", "dust"]


def test_what_was_begun_is_not_due_for_so_long() -> None:
    due(CHORES)
    assert claim("sweep", HOUR)
    assert due(CHORES) == ["dust"]
    with time_machine.travel(timezone.now() + HOUR):
        assert due(CHORES) == ["sweep", "dust"]


@pytest.mark.race
def test_one_of_those_that_ask_at_once_is_told_to_do_it() -> None:
    due(CHORES)
    assert sorted(at_once([lambda: claim("sweep", HOUR)] * 4)) == [False, False, False, True]


@pytest.mark.race
def test_those_that_begin_at_once_on_a_new_platform_get_along() -> None:
    assert at_once([lambda: due(CHORES)] * 4) == [["sweep", "dust"]] * 4


def test_asking_costs_one_query(django_assert_num_queries: object) -> None:
    due(CHORES)
    with django_assert_num_queries(1):  # type: ignore[operator]
        due(CHORES)

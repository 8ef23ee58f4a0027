"""Whoever asks about a wallet while calls of it are charged waits for little: batches are small
while calls are up, and wallets are locked last.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import charge_all
from billing.holds.models import RunningCall
from tests.factories.calls import cdr, taken
from tests.support.switching import asked
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db


def batches(count: int) -> list[int]:
    """How many records each batch has, of so many that come in."""
    taken(*(cdr(f"c-{number}", account="Nobody-9") for number in range(count)))
    found: list[int] = []
    charge_all(Tariffs(), told=lambda done: found.append(done.taken))
    return found


def test_while_calls_are_up_a_batch_has_few_records(switched: Switched) -> None:
    asked()
    assert RunningCall.objects.count() == 1
    assert batches(510) == [500, 10]


def test_without_calls_it_has_all_that_is_there(switched: Switched) -> None:
    assert batches(510) == [510]


@pytest.mark.postgres
def test_wallets_are_locked_last(switched: Switched) -> None:
    taken(cdr("c-1", account=switched.tree.customer.account_id))
    with CaptureQueriesContext(connection) as caught:
        charge_all(Tariffs())
    said = [" ".join(one["sql"].split()) for one in caught]
    first = next(at for at, one in enumerate(said) if "FOR UPDATE" in one and "wallet" in one)
    assert [one.split()[0] for one in said[first : first + 3]] == ["SELECT", "UPDATE", "INSERT"]
    assert not any("wallet" in one for one in said[first + 3 :])

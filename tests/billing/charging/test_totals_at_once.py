"""Two batches are charged at once: what both add to the same totals is there once, and is the sum
of both (docs/domain.md 7).
"""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from billing.calls.models import Leg
from billing.charging.models import DayTotal, PlatformDay, QuarterTotal
from billing.charging.queries.books import Tariffs
from billing.charging.services import writing
from billing.charging.services.charger import charge_batch
from billing.wallets.services.standing import hold_charging
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, taken
from tests.factories.rates import rate
from tests.factories.trees import ResellerTree

# SQLite has one writer.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race]


def test_two_chargers_make_the_same_totals(
    transactional_db: None, tree: ResellerTree, groups: Groups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second asks for a batch when the first has made its totals, and has not committed yet."""
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "8801", "0.06")
    at, add = timezone.now().replace(hour=0, minute=20), writing.totals_added
    at -= timedelta(days=1)
    taken(*(cdr(str(one), account="Customer-001", seconds=60, at=at) for one in range(2)))
    made = threading.Event()
    accepted = [0, 0]

    def slow(totals: Any) -> None:
        add(totals)
        made.set()
        time.sleep(0.5)

    def charge(which: int) -> None:
        try:
            accepted[which] = charge_batch(Tariffs(), limit=1).accepted
        finally:
            connections.close_all()

    monkeypatch.setattr(writing, "totals_added", slow)
    threads = [threading.Thread(target=charge, args=[which]) for which in range(2)]
    threads[0].start()
    assert made.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join(30)
    assert accepted == [1, 1]
    for model in (QuarterTotal, DayTotal):
        own = model.objects.filter(is_own=True).values_list("legs", "seconds")
        assert list(own) == [(2, 120)]
    assert list(PlatformDay.objects.values_list("legs", "seconds")) == [(2, 120)]


def test_no_batch_begins_while_somebody_else_makes_totals(
    transactional_db: None, tree: ResellerTree, groups: Groups
) -> None:
    """Who charges anew, or puts a month back, keeps chargers away until its totals are there."""
    rate(groups.customer, "8801", "0.06")
    taken(cdr("one", account="Customer-001", seconds=60))
    accepted: list[int] = []

    def charge() -> None:
        try:
            accepted.append(charge_batch(Tariffs()).accepted)
        finally:
            connections.close_all()

    thread = threading.Thread(target=charge)
    with transaction.atomic():
        hold_charging()
        thread.start()
        thread.join(1)
        assert thread.is_alive()
        assert not Leg.objects.exists()
    thread.join(30)
    assert accepted == [1]

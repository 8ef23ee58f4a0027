"""Two write to one group at once: one waits for the other, and no two rates could ever both apply
(docs/domain.md 7).
"""

import threading
import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from accounts.core.actor import SYSTEM
from accounts.kit.errors import DomainError
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate
from billing.rates.services import rates
from billing.rates.services.rates import rate_add
from tests.factories.rates import rate_group

# SQLite has one writer.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race]


def test_two_add_a_rate_for_one_prefix(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second asks when the first has written its entry, and has not committed yet."""
    group, entry = rate_group(), rates.record
    written = threading.Event()
    said = ["", ""]

    def slow(**more: Any) -> Any:
        made = entry(**more)
        written.set()
        time.sleep(0.5)
        return made

    def add(at: int) -> None:
        try:
            # At another moment: the database itself would keep out one of the same.
            rate_add(actor=SYSTEM, group=group, draft=RateDraft("880", Decimal(1 + at)))
            said[at] = "done"
        except DomainError as error:
            said[at] = error.code
        finally:
            connections.close_all()

    monkeypatch.setattr(rates, "record", slow)
    threads = [threading.Thread(target=add, args=[at]) for at in range(2)]
    threads[0].start()
    assert written.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join(30)
    assert said == ["done", "collides"]
    assert [one.price for one in Rate.objects.all()] == [Decimal(1)]

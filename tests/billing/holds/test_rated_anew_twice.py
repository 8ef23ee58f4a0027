"""A call that a switch asked about is rated anew as often as its price is put right: at the groups
and rates of its authorization, and by what stands of its charges (docs/domain.md 7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from billing.charging.models import Charge
from billing.charging.queries.legs import Wanted
from billing.charging.services.reratings import rerate_now
from billing.rates.services.corrections import correction_add, correction_remove
from tests.factories.calls import cdr, charged
from tests.support.paying import balance
from tests.support.switching import SWITCH, answered, asked
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = Wanted(NOON - timedelta(days=1), NOON + timedelta(days=1))


def test_what_was_taken_back_stands_no_more(switched: Switched, time_machine: Any) -> None:
    time_machine.move_to(NOON, tick=False)
    asked()
    answered()
    charged(cdr("c-1", seconds=60, at=NOON, phone="8801819000001"), source=SWITCH)
    time_machine.move_to(NOON + timedelta(hours=2), tick=False)
    wrong = correction_add(
        actor=SYSTEM, group=switched.groups.agent, prefix="880", begins_at=NOON - timedelta(days=1),
        ends_at=NOON + timedelta(hours=1), price=Decimal("0.05"), reason="wrong deck",
    )  # fmt: skip
    assert [rerate_now(wanted=DAY, reason="x").changed for _time in range(2)] == [1, 0]
    assert balance(switched.tree.agent) == Decimal("9.95")
    correction_remove(actor=SYSTEM, correction=wrong, reason="it was right")
    assert [rerate_now(wanted=DAY, reason="x").changed for _time in range(2)] == [1, 0]
    levels = (switched.tree.customer, switched.tree.agent, switched.tree.top)
    assert [balance(one) for one in levels] == [Decimal("9.94"), Decimal("9.96"), Decimal("9.97")]
    # Three of the beginning, and two for each time that the agent's price was another.
    assert Charge.objects.count() == 7

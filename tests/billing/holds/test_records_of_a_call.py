"""Several records of one call that was let through: one of them ends it, whatever the others say
and in whichever order they come (docs/domain.md 7).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.calls.models import Leg
from billing.charging.queries.integrity import calls_found
from billing.holds.models import RunningCall
from tests.factories.calls import cdr, charged, charges
from tests.support.switching import SWITCH, answered, asked
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
# The switch was two seconds late to end it: what was granted is paid.
GOOD = cdr("c-1", at=NOON, seconds=62, phone="8801819000001")
OTHER = {**GOOD, "cause": "17"}
OF_ONE_MINUTE = [Decimal(one) for one in ("0.06", "0.04", "0.03")]
NOTHING = [Decimal(0)] * 3


@pytest.fixture
def up(switched: Switched, time_machine: Any) -> Switched:
    time_machine.move_to(NOON)
    assert asked()["allowed"]
    answered()
    time_machine.move_to(NOON.replace(minute=2))
    return switched


def amounts() -> list[Decimal]:
    return [amount for _account, _prefix, amount in charges()]


def assert_ended_as_granted(up: Switched) -> None:
    assert amounts() == OF_ONE_MINUTE
    assert Leg.objects.get().granted == 60
    assert up.held() == NOTHING
    assert not RunningCall.objects.exists()
    assert calls_found().is_sound, calls_found().lines


@pytest.mark.parametrize("second", [GOOD, OTHER], ids=["the same", "another"])
def test_of_two_in_one_batch_the_first_is_charged_as_it_was_granted(
    up: Switched, second: dict[str, str]
) -> None:
    charged(GOOD, second, source=SWITCH)
    assert_ended_as_granted(up)

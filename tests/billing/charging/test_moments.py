"""A call is charged to the agents and at the prices of its answer, however late its record comes
(docs/domain.md 7).
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.actor import SYSTEM
from accounts.tree.services.moving import account_move
from billing.calls.models import CallRecord
from billing.charging.queries.integrity import calls_found
from billing.handing_out.services.rate_groups import rate_group_set_many
from billing.rates.services.corrections import correction_add
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged, charges, waits
from tests.factories.rates import LONG_AGO, rate
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)


def test_a_call_of_before_a_move_is_charged_to_the_old_agents(
    tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    buys_at(tree.sibling, groups.agent, since=LONG_AGO)
    buys_at(tree.customer_2, groups.top, since=LONG_AGO)
    time_machine.move_to(NOON)
    account_move(actor=SYSTEM, account=tree.customer_2, parent=tree.sibling)
    charged(
        cdr("before", account="Customer-002", at=NOON - timedelta(minutes=1)),
        cdr("after", account="Customer-002", at=NOON + timedelta(minutes=1)),
    )
    assert [one[0] for one in charges()] == [
        "Customer-002", "Dhaka-Retail-Sub", "BD-Wholesale-Agent",
        "Customer-002", "Sylhet-Retail-Sub", "BD-Wholesale-Agent",
    ]  # fmt: skip
    assert calls_found().is_sound


def test_a_call_of_before_a_change_of_group_pays_the_old_price(
    tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    time_machine.move_to(NOON)
    rate_group_set_many(actor=SYSTEM, accounts=[tree.customer], group=groups.agent)
    charged(
        cdr("before", account="Customer-001", at=NOON - timedelta(minutes=1)),
        cdr("after", account="Customer-001", at=NOON + timedelta(minutes=1)),
    )
    own = [amount for name, _prefix, amount in charges() if name == "Customer-001"]
    assert own == [Decimal("0.06"), Decimal("0.04")]


def test_the_price_of_the_answer_counts(
    tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    time_machine.move_to(NOON)
    rate(groups.customer, "88017", "0.09", since=NOON + timedelta(hours=1))
    time_machine.move_to(NOON + timedelta(hours=3))
    begins = NOON + timedelta(hours=1)
    charged(
        cdr("a", account="Customer-001", at=begins - timedelta(microseconds=1)),
        cdr("b", account="Customer-001", at=begins),
    )
    own = [amount for name, _prefix, amount in charges() if name == "Customer-001"]
    assert own == [Decimal("0.06"), Decimal("0.09")]


def test_a_correction_is_read_by_what_waits_and_by_nothing_else(
    tree: ResellerTree, groups: Groups, time_machine: Any
) -> None:
    time_machine.move_to(NOON)
    call = NOON - timedelta(days=1)
    buys_at(tree.top, None, since=LONG_AGO)
    charged(cdr("waits", account="Customer-001", at=call))
    buys_at(tree.top, groups.top, since=LONG_AGO)
    correction_add(
        actor=SYSTEM, group=groups.customer, prefix="880", begins_at=NOON - timedelta(days=2),
        ends_at=NOON - timedelta(hours=1), price=Decimal("0.01"), reason="wrong deck",
    )  # fmt: skip
    CallRecord.objects.update(state="new")
    charged(cdr("comes late", account="Customer-001", at=call))
    assert waits() == []
    own = [amount for name, _prefix, amount in charges() if name == "Customer-001"]
    assert sorted(own) == [Decimal("0.01"), Decimal("0.06")]
    assert calls_found().is_sound


class TestWhatIsChecked:
    @pytest.fixture(autouse=True)
    def _charged(self, tree: ResellerTree, groups: Groups) -> None:
        charged(cdr("a", account="Customer-001"), cdr("b", account="Customer-001", seconds=0))

    def test_all_is_well(self) -> None:
        found = calls_found()
        assert found.is_sound, found.lines
        assert found.lines == ("2 legs, 3 charges, 0 in the queue, 0 new.",)

"""What stands in the ledger beside a movement of calls is the balance after it, also where an
account is moved twice by one batch.
"""

from decimal import Decimal

import pytest

from accounts.core.models import Account
from billing.ledger.models import Entry
from billing.ledger.queries.integrity import ledger_problems
from billing.wallets.models import Wallet
from tests.factories.calls import cdr, charged
from tests.support.left_behind import AT

pytestmark = pytest.mark.django_db


def test_a_carrier_that_calls_and_carries_in_one_batch_is_moved_twice(carrier: Account) -> None:
    charged(
        cdr("own", account="Carrier", at=AT, seconds=60),
        cdr("carried", account="Customer-001", routing_gateway="elbe", at=AT, seconds=180),
    )
    moved = Entry.objects.filter(wallet=carrier.pk).order_by("pk")
    assert sorted(moved.values_list("transaction__amount", flat=True)) == [
        Decimal("0.1"), Decimal("0.3"),
    ]  # fmt: skip
    first, second = moved
    assert first.balance_after == first.amount
    assert second.balance_after == first.amount + second.amount
    assert second.balance_after == Wallet.objects.get(account=carrier).balance
    assert ledger_problems() == []

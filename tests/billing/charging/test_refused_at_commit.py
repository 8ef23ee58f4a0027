"""Wallets are moved together with the commit of a batch: what the database refuses then is refused
as anything else is. The others are charged, and what cannot be waits in the queue.
"""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection

from billing.charging.queries.integrity import calls_found
from billing.ledger.queries.integrity import ledger_problems
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged, legs, waits
from tests.factories.trees import ResellerTree
from tests.support.sabotage import run_sql

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def least(tree: ResellerTree, groups: Groups) -> Iterator[None]:
    """The database lets the customer owe one minute, and no more."""
    run_sql(
        "ALTER TABLE billing_wallet ADD CONSTRAINT owes_little"
        f" CHECK (account_id <> {tree.customer.pk} OR balance >= -60000)"
    )
    yield
    run_sql("ALTER TABLE billing_wallet DROP CONSTRAINT owes_little")


def test_it_waits_and_the_other_is_charged(tree: ResellerTree, least: None) -> None:
    done = charged(*(cdr(one, account="Customer-001", seconds=60) for one in ("first", "second")))
    assert (done.accepted, done.queued) == (1, 1)
    assert legs() == ["first"]
    assert waits() == [("fault", "")]
    assert Wallet.objects.get(account=tree.customer).balance == Decimal("-0.06")
    assert connection.get_autocommit()
    assert ledger_problems() == []
    assert calls_found().is_sound, calls_found().lines

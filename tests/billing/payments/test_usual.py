"""How many accounts are usually paid: as one is, at the same cost however often each was paid."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from billing.ledger.models import Transaction
from billing.ledger.services.batches import Line, post_many
from billing.payments.queries import usual_of, usual_of_each
from billing.payments.services.reversing import transaction_reverse
from tests.factories import ResellerTree
from tests.support.paying import pay

pytestmark = pytest.mark.django_db


def paid(account: Account, amounts: Iterable[int]) -> None:
    """Recharges of the account, in this order."""
    lines = [Line(account.pk, Decimal(one), f"{uuid4()}", "x") for one in amounts]
    with transaction.atomic():
        post_many(SYSTEM, lambda: lines, kind="recharge", batch=str(uuid4()))


def amounts_of(account: Account, *beside: Account) -> list[Decimal]:
    return [one.amount for one in usual_of_each([account, *beside])[account.pk].last]


def steps() -> Iterator[int]:
    """What the database did for the query that the caller makes in between: rows of payments it
    read, or steps of SQLite's.
    """
    if connection.vendor == "sqlite":
        done = [0]

        def counted() -> int:
            done[0] += 1
            return 0

        connection.connection.set_progress_handler(counted, 10)
        yield 0
        connection.connection.set_progress_handler(None, 0)
        yield done[0]
    else:
        with CaptureQueriesContext(connection) as asked:
            yield 0
        with connection.cursor() as cursor:
            # What the planner does by itself as soon as there are more than a few payments.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked.captured_queries[0]['sql']}")
            (plan,) = cursor.fetchone()
        plan = json.loads(plan) if isinstance(plan, str) else plan
        yield rows_read(plan[0]["Plan"])


def rows_read(node: dict[str, Any]) -> int:
    own = node.get("Relation Name") == Transaction._meta.db_table
    here = round(node["Actual Rows"] * node["Actual Loops"]) if own else 0
    return here + sum(map(rows_read, node.get("Plans", ())))


def cost_of(*accounts: Account) -> int:
    counting = steps()
    next(counting)
    usual_of_each(accounts)
    return next(counting)


def test_the_last_ten_of_each_newest_first(reseller_tree: ResellerTree) -> None:
    one, two = reseller_tree.customer, reseller_tree.customer_2
    paid(one, range(1, 13))
    paid(two, [50, 60])
    paid(one, [100])
    assert amounts_of(one, two) == [100, 12, 11, 10, 9, 8, 7, 6, 5, 4]
    assert amounts_of(two, one) == [60, 50]


def test_what_was_taken_back_or_is_no_recharge_does_not_count(reseller_tree: ResellerTree) -> None:
    account = reseller_tree.customer
    paid(account, range(1, 13))
    last = Transaction.objects.filter(account=account).latest("pk")
    transaction_reverse(actor=SYSTEM, transaction=last, reason="x", idempotency_key="back")
    pay(account, "5", "deduction")
    assert amounts_of(account) == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]
    assert list(usual_of(account).last) == list(usual_of_each([account])[account.pk].last)


def test_who_was_never_paid_has_no_usual_amount(reseller_tree: ResellerTree) -> None:
    account = reseller_tree.customer
    assert usual_of_each([account])[account.pk].amount is None
    assert usual_of_each([]) == {}


def test_it_is_one_query(reseller_tree: ResellerTree, django_assert_num_queries: Any) -> None:
    accounts = [reseller_tree.customer, reseller_tree.customer_2]
    paid(accounts[0], [1, 2, 3])
    with django_assert_num_queries(1):
        usual_of_each(accounts)


def test_it_costs_the_same_however_often_an_account_was_paid(reseller_tree: ResellerTree) -> None:
    account, beside = reseller_tree.customer, reseller_tree.customer_2
    paid(account, [5] * 20)
    paid(beside, [5] * 20)
    few = cost_of(account, beside)
    paid(account, [5] * 3000)
    assert few > 0
    assert cost_of(account, beside) < few * 1.5

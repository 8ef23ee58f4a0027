"""Every level pays its own price, or nobody does (docs/domain.md 7)."""

from decimal import Decimal

import pytest

from billing.charging.models import Charge
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from billing.wallets.models import Wallet
from tests.billing.charging.conftest import Groups
from tests.factories.calls import cdr, charged, charges, legs, waits
from tests.factories.rates import LONG_AGO
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at

pytestmark = pytest.mark.django_db


def balance(account: object) -> Decimal:
    return Wallet.objects.get(account=account).balance


def test_every_level_pays_at_its_own_group(tree: ResellerTree, groups: Groups) -> None:
    done = charged(cdr(seconds=61, account="customer-001"))
    assert (done.accepted, done.repeated, done.queued) == (1, 0, 0)
    assert charges() == [
        ("Customer-001", "880", Decimal("0.12")),
        ("Dhaka-Retail-Sub", "880", Decimal("0.08")),
        ("BD-Wholesale-Agent", "880", Decimal("0.06")),
    ]
    assert balance(tree.customer) == Decimal("-0.12")
    assert balance(tree.agent) == Decimal("-0.08")
    assert balance(tree.top) == Decimal("-0.06")
    assert balance(tree.customer_2) == 0
    assert ledger_problems() == []


def test_charges_are_the_lines_behind_one_movement_of_each_account(
    tree: ResellerTree, groups: Groups
) -> None:
    charged(cdr("a", account="Customer-001"), cdr("b", account="Customer-001", seconds=30))
    moved = Transaction.objects.filter(kind="call", account=tree.customer)
    assert [one.amount for one in moved] == [Decimal("0.12")]
    lines = Charge.objects.filter(transaction_id=moved[0].pk)
    assert [one.amount for one in lines] == [Decimal("0.06"), Decimal("0.06")]


def test_what_is_free_moves_nothing(tree: ResellerTree, groups: Groups) -> None:
    charged(cdr(account="Customer-001", seconds=0))
    assert legs() == ["c-1"]
    assert charges() == []
    assert not Transaction.objects.filter(kind="call").exists()


def test_a_level_without_a_group_keeps_everybody_from_being_charged(
    tree: ResellerTree, groups: Groups
) -> None:
    buys_at(tree.top, None, since=LONG_AGO)
    done = charged(cdr(account="Customer-001"))
    assert (done.accepted, done.queued) == (0, 1)
    assert waits() == [("no_group", "BD-Wholesale-Agent")]
    assert charges() == []
    assert legs() == []


def test_a_number_without_a_rate_waits_at_the_level_nearest_to_the_caller(
    tree: ResellerTree, groups: Groups
) -> None:
    charged(cdr(account="Customer-001", callee="442071838750"))
    assert waits() == [("no_rate", "Customer-001")]


def test_the_same_record_again_changes_nothing(tree: ResellerTree, groups: Groups) -> None:
    record = cdr(account="Customer-001")
    charged(record)
    done = charged(record, record)
    assert (done.accepted, done.repeated, done.queued) == (0, 2, 0)
    assert len(charges()) == 3


def test_the_same_leg_with_other_content_waits(tree: ResellerTree, groups: Groups) -> None:
    charged(cdr(account="Customer-001", cause="16"), cdr(account="Customer-001", cause="17"))
    assert waits() == [("differs", "")]
    assert len(charges()) == 3


def test_the_same_call_of_another_source_is_another_call(
    tree: ResellerTree, groups: Groups
) -> None:
    charged(cdr(account="Customer-001"), source="a")
    charged(cdr(account="Customer-001"), source="b")
    assert legs() == ["c-1", "c-1"]

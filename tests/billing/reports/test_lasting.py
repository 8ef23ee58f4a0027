"""How long the money of an account lasts after a payment, at the pace of its last days."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.models import Account, User
from tests.factories import ResellerTree
from tests.factories.calls import cdr, charged
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at
from tests.support.pages import just_signed_in, text_of, words_of
from tests.support.paying import pay

pytestmark = pytest.mark.django_db

NEW = "/accounts/Customer-001/payments/new/"


@pytest.fixture
def calling(reseller_tree: ResellerTree) -> Account:
    """A customer that called for 0.70 in the last seven days, 0.10 a day, and has 2.00."""
    tree = reseller_tree
    for account in (tree.top, tree.agent, tree.customer):
        group = rate_group(None, f"Group of {account.account_id}", is_shared=True)
        rate(group, "880", "0.70", destination="Bangladesh")
        buys_at(account, group, since=LONG_AGO)
    pay(tree.top, "10")
    pay(tree.agent, "10")
    pay(tree.customer, "2.70")
    charged(cdr("c-1", account="Customer-001", at=timezone.now() - timedelta(days=2)))
    return tree.customer


@pytest.fixture
def admin(administrator: User) -> Client:
    return just_signed_in(administrator)


def test_a_payment_says_how_long_it_will_last(admin: Client, calling: Account) -> None:
    assert "Will last 20 days at 0.10 a day" in words_of(admin.get(NEW))
    effect = text_of(admin.get(f"{NEW}effect/", {"kind": "recharge", "amount": "1", "source": ""}))
    assert "Will last 30 days at 0.10 a day" in effect
    effect = text_of(
        admin.get(f"{NEW}effect/", {"kind": "deduction", "amount": "1.95", "source": ""})
    )
    assert "Will last 12 hours at 0.10 a day" in effect


def test_what_has_no_end_is_not_said(admin: Client, reseller_tree: ResellerTree) -> None:
    pay(reseller_tree.customer, "5")
    assert "Will last" not in words_of(admin.get(NEW))

"""The words of a choice, as `get_…_display` has them."""

import pytest

from accounts.core.models import Account
from accounts.kit.choices import choice_words
from billing.ledger.models import Transaction


@pytest.mark.parametrize("status", ["active", "locked", "closed", "unheard of"])
def test_of_an_account(status: str) -> None:
    words = choice_words(Account.Status, status)
    assert words == Account(status=status).get_status_display()
    assert type(words) is str


def test_of_nothing_chosen() -> None:
    assert choice_words(Transaction.Method, "") == ""

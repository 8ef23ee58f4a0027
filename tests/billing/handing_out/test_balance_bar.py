"""The bar of a balance in the panel: from the credit limit to the highest it was lately."""

from decimal import Decimal
from typing import Any

import pytest

from billing.handing_out.words import balance_bar
from billing.wallets.models import Wallet


def bar(balance: str, highest: str, **terms: Any) -> Any:
    amounts = {name: Decimal(one) for name, one in terms.items() if isinstance(one, str)}
    flags = {name: one for name, one in terms.items() if not isinstance(one, str)}
    return balance_bar(Wallet(balance=Decimal(balance), **amounts, **flags), Decimal(highest))


def test_a_quarter_of_the_highest_with_its_threshold() -> None:
    found = bar("25", "100", low_balance_threshold="50")
    assert (found["begin"], found["width"], found["limit"]) == ("0.00", "25.00", "50.00")
    assert (found["zero"], found["credit"], found["is_negative"]) == ("", "", False)
    assert found["words"] == "Balance 25.00, at most 100.00 in 30 days, alert below 50.00"


def test_below_zero_it_hangs_into_the_credit() -> None:
    found = bar("-25", "50", credit_limit="50")
    assert (found["credit"], found["zero"]) == ("50.00", "50.00")
    assert (found["begin"], found["width"], found["is_negative"]) == ("25.00", "25.00", True)


@pytest.mark.parametrize("terms", [{}, {"is_unlimited": True, "credit_limit": "70"}])
def test_nothing_at_all_is_no_division_by_nothing(terms: Any) -> None:
    found = bar("0", "0", **terms)
    assert (found["begin"], found["width"], found["credit"]) == ("0.00", "0.00", "")


def test_a_threshold_above_everything_stays_in_sight() -> None:
    assert bar("10", "10", low_balance_threshold="40")["limit"] == "100.00"

"""What may be a group, a rate, a mark-up and a tier: the last value that is taken, and the first
that is not (docs/domain.md 7).
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.kit.errors import Refused
from billing.errors import BadAmount
from billing.rates.counting import Uses
from billing.rates.drafts import MarkUp, RateDraft
from billing.rates.models import Rate
from billing.rates.periods import Period
from billing.rates.rules import (
    check_draft,
    check_mark_up,
    check_may_end,
    check_tiers,
    check_unused,
    checked_name,
)
from billing.wallets.models import RateGroup

DRAFT = RateDraft("880", Decimal("0.01"))
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def test_names_are_tidied_and_as_long_as_may_be() -> None:
    assert checked_name(f"  {'x' * 64} ", "y" * 200) == "x" * 64


@pytest.mark.parametrize(
    ("name", "memo", "code"),
    [("", "", "required"), ("x" * 65, "", "too_long"), ("x", "y" * 201, "too_long")],
)
def test_names_that_are_none(name: str, memo: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_name(name, memo)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "more",
    [
        {"prefix": "1"},
        {"prefix": "9" * 15},
        {"destination": "x" * 100},
        {"price": Decimal(100_000), "connection_fee": Decimal(100_000)},
        {"price": Decimal(0)},
        {"first_block": 86_400, "increment": 86_400},
        {"first_block": 1, "increment": 1},
        {"since": datetime(2026, 12, 31, tzinfo=UTC), "until": NEW_YEAR},
        {"period": Period(1, 0, 1440)},
    ],
)
def test_the_last_that_is_a_rate(more: dict[str, Any]) -> None:
    check_draft(replace(DRAFT, **more))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"prefix": "880\n"}, "prefix"),
        ({"prefix": "880x"}, "prefix"),
        ({"prefix": "9" * 16}, "prefix"),
        ({"destination": "x" * 101}, "destination"),
        ({"connection_fee": Decimal("100000.000001")}, "connection_fee"),
        ({"first_block": 0}, "first_block"),
        ({"increment": 86_401}, "increment"),
        ({"since": NEW_YEAR, "until": NEW_YEAR}, "until"),
        ({"until": datetime(9999, 1, 1, tzinfo=UTC)}, "until"),
        ({"period": Period(0, 0, 60)}, "period"),
    ],
)
def test_the_first_that_is_none(more: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        check_draft(replace(DRAFT, **more))
    assert refused.value.field == field


def test_a_price_has_six_decimals() -> None:
    with pytest.raises(BadAmount) as refused:
        check_draft(replace(DRAFT, price=Decimal("0.0000001")))
    assert (refused.value.code, refused.value.field) == ("too_many_decimals", "price")


@pytest.mark.parametrize(
    "mark_up",
    [
        MarkUp(Decimal(-100)),
        MarkUp(Decimal(10_000)),
        MarkUp(amount=Decimal(100_000)),
        MarkUp(amount=Decimal(-100_000)),
        MarkUp(decimals=0),
        MarkUp(decimals=6),
    ],
)
def test_the_last_that_is_a_mark_up(mark_up: MarkUp) -> None:
    check_mark_up(mark_up)


@pytest.mark.parametrize(
    ("mark_up", "field"),
    [
        (MarkUp(Decimal("-100.1")), "percent"),
        (MarkUp(Decimal("10000.1")), "percent"),
        (MarkUp(amount=Decimal("100000.1")), "amount"),
        (MarkUp(amount=Decimal("-100000.1")), "amount"),
        (MarkUp(decimals=7), "decimals"),
        (MarkUp(decimals=-1), "decimals"),
    ],
)
def test_the_first_mark_up_that_is_none(mark_up: MarkUp, field: str) -> None:
    with pytest.raises(Refused) as refused:
        check_mark_up(mark_up)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("value", "mark_up", "price", "fee"),
    [
        # The amount is one of a minute, and no part of the fee.
        ("0.01", MarkUp(Decimal(50), Decimal("0.002")), "0.017", "0.015"),
        # 0.0125 half up to three decimals is 0.013, and so is 0.0135 to 0.014.
        ("0.0125", MarkUp(decimals=3), "0.013", "0.013"),
        ("0.0135", MarkUp(decimals=3), "0.014", "0.014"),
        ("0.0121", MarkUp(decimals=3, is_up=True), "0.013", "0.013"),
        ("0.0121", MarkUp(decimals=3), "0.012", "0.012"),
    ],
)
def test_what_a_mark_up_makes_of_a_price_and_of_a_fee(
    value: str, mark_up: MarkUp, price: str, fee: str
) -> None:
    assert mark_up.of_price(Decimal(value)) == Decimal(price)
    assert mark_up.of_fee(Decimal(value)) == Decimal(fee)


def test_an_amount_alone_is_a_mark_up() -> None:
    assert not MarkUp(amount=Decimal("0.001")).is_none
    assert not MarkUp(Decimal(1)).is_none
    assert MarkUp().is_none


TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("until", "void_at", "at", "code"),
    [
        (None, None, NEW_YEAR - TICK, "past"),
        (NEW_YEAR, None, NEW_YEAR, "ended"),
        (NEW_YEAR - TICK, None, NEW_YEAR, "ended"),
        # What was taken back is over, whatever its dates.
        (None, NEW_YEAR, NEW_YEAR, "ended"),
    ],
)
def test_a_rate_that_may_not_end(
    until: datetime | None, void_at: datetime | None, at: datetime, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        check_may_end(Rate(effective_until=until, void_at=void_at), at, NEW_YEAR)
    assert refused.value.code == code


@pytest.mark.parametrize("until", [None, NEW_YEAR + TICK])
def test_a_rate_may_end_in_this_very_moment(until: datetime | None) -> None:
    check_may_end(Rate(effective_until=until), NEW_YEAR, NEW_YEAR)


@pytest.mark.parametrize(
    ("uses", "words"),
    [
        (Uses(1, 0, 0), "Retail is used by 1 account. Give them another group first."),
        (Uses(0, 0, 2), "Retail is used by 2 card batches. Give them another group first."),
        (
            Uses(4, 1, 1),
            "Retail is used by 3 accounts and 1 card batch. Give them another group first.",
        ),
        (Uses(1, 1, 0), "Closed accounts bought at Retail: it stays, with its prices."),
        (Uses(1, 1, 1), "Retail is used by 1 card batch. Give them another group first."),
    ],
)
def test_what_has_a_group_keeps_it(uses: Uses, words: str) -> None:
    with pytest.raises(Refused) as refused:
        check_unused(RateGroup(name="Retail"), uses)
    assert (refused.value.code, str(refused.value.message)) == ("in_use", words)


def test_a_group_that_nobody_has_goes() -> None:
    check_unused(RateGroup(name="Retail"), Uses(0, 0, 0))


def rising(count: int) -> list[tuple[int, int]]:
    return [(1000 * at, 100 * at) for at in range(1, count + 1)]


@pytest.mark.parametrize(
    "tiers", [[], rising(20), [(1, 1)], [(1, 10_000)], [(2_000, 200), (1_000, 100)]]
)
def test_the_last_that_are_tiers(tiers: list[tuple[int, int]]) -> None:
    check_tiers(tiers)


@pytest.mark.parametrize(
    ("tiers", "code"),
    [
        (rising(21), "too_many"),
        ([(0, 1)], "tier"),
        ([(1, 10_001)], "tier"),
        ([(1, 0)], "tier"),
        ([(1_000, 100), (1_000, 200)], "twice"),
        ([(1_000, 100), (2_000, 100)], "tier"),
        ([(2_000, 100), (1_000, 200)], "tier"),
    ],
)
def test_the_first_that_are_none(tiers: list[tuple[int, int]], code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_tiers(tiers)
    assert refused.value.code == code

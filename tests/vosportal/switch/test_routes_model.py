"""The choice of routes against a plain model of the rules (docs/domain.md 7)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.core.querysets import ChainLink
from accounts.gateways.models import Gateway
from billing.carriers.mapping import Ruled, Rules
from billing.carriers.services import carrier_policy_set
from billing.rates.pricing import Price
from tests.factories import AccountFactory, GatewayFactory
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at
from tests.support.examples import examples
from tests.support.paying import pay
from vosportal.switch.choosing import Way, in_order
from vosportal.switch.queries.routes import choose

_CARRIERS, _GATEWAYS = (1, 2, 3), range(10, 18)
_PRICES = st.builds(
    Price,
    st.sampled_from([Decimal(one) for one in ("0", "0.01", "0.02", "0.05")]),
    st.sampled_from([Decimal(0), Decimal("0.01")]),
    st.sampled_from([1, 60, 90]),
    st.sampled_from([1, 60]),
)


@st.composite
def ways(draw: Any) -> list[Way]:
    found = []
    for key in draw(st.lists(st.sampled_from(_GATEWAYS), unique=True)):
        found.append(Way(
            key, f"rt-{key}", draw(st.sampled_from(_CARRIERS)),
            draw(st.integers(1, 3)), draw(st.integers(1, 5)),
            is_locked=draw(st.integers(0, 7)) == 0, is_stopped=draw(st.integers(0, 7)) == 0,
            has_address=draw(st.integers(0, 7)) > 0, calls=draw(st.integers(0, 2)),
            room=draw(st.integers(1, 3)), left=draw(st.sampled_from([None, -1, 0, 1, 1, 5])),
            price=draw(st.none() | _PRICES), is_price_locked=draw(st.integers(0, 7)) == 0,
        ))  # fmt: skip
    return found


_LEVELS = st.lists(
    st.builds(
        Ruled,
        st.integers(100, 200),
        st.sampled_from(["", "bound", "kept"]),
        st.sampled_from(["", "on", "off"]),
        st.frozensets(st.sampled_from(_CARRIERS), max_size=2),
        st.frozensets(st.sampled_from(_GATEWAYS), max_size=2),
    ),
    max_size=4,
)


def may_use(way: Way, levels: list[Ruled]) -> bool:
    """Level by level, from the nearest up."""
    for one in levels:
        is_named = way.carrier in one.carriers or way.gateway in one.gateways
        if one.uses == "bound":
            return is_named
        if one.uses == "kept" and is_named:
            return False
    return True


def costs(price: Price, minutes: int) -> Decimal:
    """What so many minutes cost, counted block by block."""
    billed = price.first_block
    while billed < minutes * 60:
        billed += price.increment
    return price.connection_fee + price.per_minute * billed / 60


def is_allowed(way: Way, levels: list[Ruled], paid: Price | None) -> bool:
    stands = not (way.is_locked or way.is_stopped or way.is_price_locked) and way.has_address
    has_room = way.room > way.calls
    has_money = way.left is None or way.left > 0
    guard = next((one.guard for one in levels if one.guard), "off")
    if guard == "on":
        if paid is None or way.price is None:
            return False
        first = round(costs(way.price, 1), 6) <= round(costs(paid, 1), 6)
        if not (first and way.price.per_minute <= paid.per_minute):
            return False
    return stands and has_room and has_money and may_use(way, levels)


@pytest.mark.wide
@examples(300)
@given(ways(), _LEVELS, st.none() | _PRICES, st.text(max_size=5))
def test_whoever_is_allowed_is_tried_by_priority_and_cost(
    found: list[Way], levels: list[Ruled], paid: Price | None, call_id: str
) -> None:
    chosen = in_order(found, Rules(levels), paid, call_id)
    taken = [one.way for one in chosen if one.skip is None]
    wanted = [one for one in found if is_allowed(one, levels, paid)]
    assert sorted(one.name for one in taken) == sorted(one.name for one in wanted)
    assert sorted(one.way.name for one in chosen) == sorted(one.name for one in found)

    def rank(way: Way) -> tuple[int, Decimal]:
        far = Decimal("Infinity")
        return way.priority, far if way.price is None else round(costs(way.price, 1), 6)

    assert [rank(one) for one in taken] == sorted(rank(one) for one in wanted)
    # Asked again, in whatever order they are read.
    again = in_order(found[::-1], Rules(levels), paid, call_id)
    assert [one.way for one in again if one.skip is None] == taken


@given(st.lists(st.integers(1, 20), min_size=2, max_size=4), st.integers(0, 1000))
@examples(20)
def test_each_is_first_as_often_as_its_weight_says(weights: list[int], first: int) -> None:
    found = [Way(at, f"rt-{at}", 1, 10, one, room=1) for at, one in enumerate(weights)]
    calls = 1500
    firsts = [
        in_order(found, Rules(), None, f"{first}-{call}")[0].way.gateway for call in range(calls)
    ]
    assert weights
    for at, weight in enumerate(weights):
        share = weight / sum(weights)
        # Five standard deviations.
        far = 5 * (calls * share * (1 - share)) ** 0.5
        assert abs(firsts.count(at) - calls * share) <= far


def test_one_of_equals_that_is_gone_leaves_the_order_of_the_others() -> None:
    found = [Way(at, f"rt-{at}", 1, 10, 1 + at, room=1) for at in range(5)]
    whole = [one.way.gateway for one in in_order(found, Rules(), None, "c-1")]
    gone = [replace(one, is_locked=one.gateway == whole[0]) for one in found]
    assert [one.way.gateway for one in in_order(gone, Rules(), None, "c-1")][:4] == whole[1:]


@pytest.mark.django_db
@pytest.mark.wide
def test_what_is_read_is_what_was_set() -> None:
    """A world of gateways, as the services make it, and the same told to the model."""
    now = timezone.now()
    account: Account = AccountFactory()
    told: list[Way] = []
    carriers = {}
    for at, price in enumerate(["0.02", "0.01", "", "0.03"]):
        one = AccountFactory(account_id=f"Carrier-{at}", type="clearing")
        if at != 3:
            pay(one, "5")
        if price:
            group = rate_group(None, f"Deck {at}")
            rate(group, "44", price, since=LONG_AGO)
            buys_at(one, group)
        carriers[at] = one, Price(Decimal(price)) if price else None
    for at in range(16):
        carrier, price = carriers[at % 4]
        prefixes = [["44"], ["4420", "49"], ["49"], []][(at // 4) % 4]
        priority, weight, capacity = 1 + at % 3, 1 + at, at % 5
        made: Gateway = GatewayFactory(
            account=carrier, name=f"rt-{at}", direction="routing", capacity=capacity,
            addresses=[f"198.51.100.{at}"], is_locked=at == 5, prefixes=prefixes,
            priority=priority, weight=weight,
        )  # fmt: skip
        if prefixes == ["49"]:
            continue
        told.append(Way(
            made.pk, made.name, carrier.pk, priority, weight,
            prefix={("44",): "44", ("4420", "49"): "4420", (): ""}[tuple(prefixes)],
            is_locked=at == 5, room=capacity, left=0 if at % 4 == 3 else 5_000_000, price=price,
        ))  # fmt: skip
    link = ChainLink(account.pk, account.account_id, "", "active", None, None)
    gateway = Gateway.objects.get(name="rt-1")
    carrier_policy_set(
        actor=SYSTEM, account=account, uses="kept", gateways=[gateway],
        carriers=[carriers[2][0]], guard="on", reason="Why",
    )  # fmt: skip
    ruled = Rules([
        Ruled(
            account.pk, "kept", "on", frozenset([carriers[2][0].pk]), frozenset([gateway.pk])
        )
    ])  # fmt: skip
    for paid in (Price(Decimal("0.01")), Price(Decimal("0.02")), Price(Decimal(1))):
        found = choose("442071838750", "", now, links=[link], paid=paid, call_id="c-1")
        assert list(found.considered) == in_order(told, ruled, paid, "c-1")
        taken = [one.way.name for one in found.considered if one.skip is None]
        assert taken == [one.gateway for one in found.routes]
    # The others are kept from, locked, full, or of the carrier without money.
    assert sorted(taken) == ["rt-12", "rt-13", "rt-4"]

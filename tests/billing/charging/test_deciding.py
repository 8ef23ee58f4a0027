"""Whose a leg is, where its account stood, and what it is priced at: the rules as plain functions
(docs/domain.md 7).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.calls.reasons import Reason
from billing.calls.records import Record
from billing.charging.deciding import (
    Books,
    Case,
    Equipment,
    Payer,
    Place,
    Wait,
    account_named,
    cost_again,
    decide,
    rate_again,
)
from billing.charging.tariffs import Correction, Questions, Tariff
from billing.charging.tariffs import priced as priced_at
from billing.rates.pricing import Price
from billing.rates.rating import Rate

UTC_ZONE = ZoneInfo("UTC")
EVER = datetime(2020, 1, 1, tzinfo=UTC)
AT = datetime(2027, 3, 15, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
# Accounts, and the groups they buy at.
TOP, AGENT, SHOP, OTHER, CARRIER = 1, 2, 3, 4, 9
OF_TOP, OF_AGENT, OF_SHOP, COST = 11, 12, 13, 19
NUMBER = "8801711000000"


def record(**more: Any) -> Record:
    """A minute of the shop."""
    columns = {
        "call_id": "c", "leg": "", "session": "", "account": "Shop", "phone": "", "gateway": "",
        "caller": "", "callee": NUMBER, "callee_out": "", "routing_gateway": "",
        "setup": AT - timedelta(seconds=5), "answer": AT, "end": AT + timedelta(seconds=60),
        "duration": 60, "cause": "16",
    }  # fmt: skip
    return Record(**{**columns, **more})


def payer(pk: int, name: str, **more: Any) -> Payer:
    return replace(Payer(pk, name, False, False, UTC_ZONE), **more)


def books(places: dict[int, Sequence[Place]] | None = None, **payers: dict[str, Any]) -> Books:
    names = {"top": TOP, "agent": AGENT, "shop": SHOP, "other": OTHER, "carrier": CARRIER}
    return Books(
        names,
        {pk: payer(pk, name, **payers.get(name, {})) for name, pk in names.items()},
        {"500": SHOP, "600": OTHER},
        {
            "in": Equipment("In", SHOP, False, ["9>"]),
            "out": Equipment("Out", CARRIER, True),
        },
        {
            TOP: [Place(EVER, None, OF_TOP)],
            AGENT: [Place(EVER, TOP, OF_AGENT)],
            SHOP: [Place(EVER, AGENT, OF_SHOP)],
            OTHER: [Place(EVER, TOP, OF_SHOP)],
            CARRIER: [Place(EVER, None, COST)],
            **(places or {}),
        },
    )


def tariff(key: int, *, corrections: Sequence[Correction] = (), fee: str = "0") -> Tariff:
    """So many cents a minute as the key of the group says, for numbers with 880."""
    price = Price(Decimal(key) / 100, Decimal(fee))
    return Tariff(key, UTC_ZONE, [Rate(key, "880", price, EVER)], corrections)


def decided(found: Books | None = None, *, tariffs: Any = tariff, **more: Any) -> Case:
    """What becomes of a record; parts of the case by `case`."""
    case = Case(record(**{k: v for k, v in more.items() if k not in _OF_CASE}),
                **{k: v for k, v in more.items() if k in _OF_CASE})  # fmt: skip
    decide([case], found or books(), tariffs)
    return case


_OF_CASE = ("is_rewritten", "assigned", "reads_corrections")


def amounts(case: Case) -> list[int]:
    return [one.amount for one in case.charges if one]


# --- Where it stood -------------------------------------------------------------------------------


def test_every_level_pays_at_its_group() -> None:
    case = decided()
    assert case.wait is None
    assert [pk for pk, _place in case.chain] == [SHOP, AGENT, TOP]
    assert amounts(case) == [130_000, 120_000, 110_000]


def test_a_place_counts_from_its_moment_on() -> None:
    moved = {SHOP: [Place(EVER, TOP, OF_AGENT), Place(AT, AGENT, OF_SHOP)]}
    here = books(moved)
    assert here.place(SHOP, AT) == moved[SHOP][1]
    assert here.place(SHOP, AT - TICK) == moved[SHOP][0]
    assert here.place(SHOP, EVER - TICK) == moved[SHOP][0]
    for at, chain in ((AT, [SHOP, AGENT, TOP]), (AT - TICK, [SHOP, TOP])):
        assert [pk for pk, _place in here.chain(SHOP, at)] == chain


def test_a_chain_of_which_one_level_moved_is_looked_up_for_each_moment() -> None:
    here = books({AGENT: [Place(EVER, None, OF_AGENT), Place(AT, TOP, OF_AGENT)]})
    assert [pk for pk, _place in here.chain(SHOP, AT - TICK)] == [SHOP, AGENT]
    assert [pk for pk, _place in here.chain(SHOP, AT)] == [SHOP, AGENT, TOP]


def test_without_a_group_only_what_has_waited_is_charged_at_the_first_one_since() -> None:
    later, last = AT + timedelta(hours=1), AT + timedelta(hours=2)
    places = [Place(EVER, TOP, COST), Place(AT, AGENT, None), Place(later, AGENT, OF_SHOP),
              Place(last, AGENT, OF_TOP)]  # fmt: skip
    here = books({SHOP: places})
    assert here.place(SHOP, AT).group is None
    assert here.place(SHOP, AT, has_waited=True) == Place(AT, AGENT, OF_SHOP)
    assert decided(here).wait == Wait(Reason.NO_GROUP, SHOP)
    case = decided(here, reads_corrections=True)
    assert (case.wait, amounts(case)[0]) == (None, 130_000)


def test_so_is_what_is_rated_anew_and_the_cost_of_its_carrier() -> None:
    later = AT + timedelta(hours=1)
    here = books({
        SHOP: [Place(EVER, AGENT, None), Place(later, AGENT, OF_SHOP)],
        CARRIER: [Place(EVER, None, None), Place(later, None, COST)],
    })  # fmt: skip
    case = Case(
        record(routing_gateway="out"), reads_corrections=True, account=SHOP, number=NUMBER,
        carrier=CARRIER,
    )  # fmt: skip
    rate_again([case], here, tariff)
    assert amounts(case) == [130_000, 120_000, 110_000]
    assert case.cost is not None
    assert case.cost.amount == 190_000


@pytest.mark.parametrize("has_waited", [True, False])
def test_a_cost_reads_places_as_its_leg_does(has_waited: bool) -> None:
    later = AT + timedelta(hours=1)
    here = books({CARRIER: [Place(EVER, None, None), Place(later, None, COST)]})
    case = decided(here, routing_gateway="out", reads_corrections=has_waited)
    assert (case.cost is not None) is has_waited
    assert case.cost_wait == (None if has_waited else Wait(Reason.NO_GROUP, CARRIER))


# --- Whose it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"account": "SHOP"}, SHOP),
        ({"account": "", "phone": "500"}, SHOP),
        ({"account": "", "gateway": "IN"}, SHOP),
        ({"account": "shop", "phone": "500", "gateway": "in"}, SHOP),
        ({"account": "", "assigned": "OTHER", "phone": "500"}, OTHER),
        ({"account": "shop", "phone": "600"}, Wait(Reason.SEVERAL, detail="shop, 600")),
        ({"account": "shop", "phone": "700"}, Wait(Reason.NOBODY, detail="700")),
        ({"account": "nobody"}, Wait(Reason.NOBODY, detail="nobody")),
        ({"account": "", "gateway": "out"}, Wait(Reason.NOBODY, detail="out")),
        ({"account": ""}, Wait(Reason.NOBODY)),
        ({"assigned": "nobody"}, Wait(Reason.NOBODY, detail="nobody")),
    ],
)
def test_whose_a_record_is(named: dict[str, str], found: int | Wait) -> None:
    case = decided(**named)
    assert (case.account if case.account else case.wait) == found
    assert account_named(case, books()) == (found if isinstance(found, int) else None)


@pytest.mark.parametrize(
    ("said", "of", "reason"),
    [
        ({}, {"is_closed": True}, Reason.CLOSED),
        ({"leg": "B"}, {}, Reason.TWO_LEGS),
        ({"leg": "A"}, {}, None),
        ({"leg": "B", "session": "s"}, {"is_flow": True}, None),
        ({"leg": "B"}, {"is_flow": True}, Reason.NO_SESSION),
        ({"callee": "none"}, {}, Reason.NO_NUMBER),
        ({"callee": "447"}, {}, Reason.NO_RATE),
        # What is paid by nobody waits for nothing.
        ({"duration": 0, "callee": "none"}, {"is_closed": True}, None),
        ({"answer": None, "callee": "none"}, {"is_closed": True}, None),
    ],
)
def test_why_a_leg_waits(said: dict[str, Any], of: dict[str, bool], reason: Reason | None) -> None:
    case = decided(books(shop=of), **said)
    assert (case.wait.reason if case.wait else None) == reason


@pytest.mark.parametrize(
    ("said", "of"), [({"leg": "A"}, {}), ({"leg": "B", "session": "s"}, {"is_flow": True})]
)
def test_what_does_not_wait_is_charged(said: dict[str, Any], of: dict[str, bool]) -> None:
    assert amounts(decided(books(shop=of), **said)) == [130_000, 120_000, 110_000]


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({"callee": "1" * 15}, "1" * 15),
        ({"callee": "1" * 16}, ""),
        ({"callee": "008801"}, "8801"),
        ({"callee": "+8801"}, "8801"),
        ({"callee": "77", "callee_out": "8801"}, "8801"),
        # As dialled it begins with a 9, which the gateway takes away, unless somebody has.
        ({"callee": "98801", "gateway": "in"}, "8801"),
        ({"callee": "98801", "gateway": "in", "is_rewritten": True}, "98801"),
        ({"callee": "7", "callee_out": "98801", "gateway": "in"}, "98801"),
        ({"callee": "98801"}, "98801"),
    ],
)
def test_the_number_that_counts(said: dict[str, Any], number: str) -> None:
    assert decided(**said).number == number


def test_the_level_nearest_to_the_caller_that_lacks_something_is_named() -> None:
    here = books({AGENT: [Place(EVER, TOP, None)], TOP: [Place(EVER, None, None)]})
    assert decided(here).wait == Wait(Reason.NO_GROUP, AGENT)
    only = books({TOP: [Place(EVER, None, None)]})
    assert decided(only).wait == Wait(Reason.NO_GROUP, TOP)
    gone = {OF_AGENT, OF_TOP}
    case = decided(tariffs=lambda key: None if key in gone else tariff(key))
    assert case.wait == Wait(Reason.NO_RATE, AGENT, NUMBER)


def test_the_closed_level_nearest_to_the_caller_is_named() -> None:
    for levels, named in ((["shop", "top"], SHOP), (["agent", "top"], AGENT), (["top"], TOP)):
        here = books(**{name: {"is_closed": True} for name in levels})
        assert decided(here).wait == Wait(Reason.CLOSED, named)
        assert decided(here, answer=None, duration=0).wait is None
    assert decided(books(other={"is_closed": True})).wait is None


# --- What its carrier is owed ---------------------------------------------------------------------


def test_a_carrier_is_owed_by_its_own_group() -> None:
    case = decided(routing_gateway="OUT")
    assert (case.carrier, case.cost_wait) == (CARRIER, None)
    assert case.cost is not None
    assert case.cost.amount == 190_000


@pytest.mark.parametrize("name", ["nowhere", "in"])
def test_what_is_no_routing_gateway_has_no_carrier(name: str) -> None:
    case = decided(routing_gateway=name)
    assert (case.wait, case.carrier) == (None, None)
    assert case.cost_wait == Wait(Reason.NO_CARRIER, detail=name)
    assert decided(routing_gateway=name, duration=0).cost_wait is None


def test_the_cost_of_a_closed_carrier_waits_by_itself() -> None:
    here = books(carrier={"is_closed": True})
    case = decided(here, routing_gateway="out")
    assert (case.wait, case.cost, amounts(case)[0]) == (None, None, 130_000)
    assert case.cost_wait == Wait(Reason.CLOSED, CARRIER)
    assert decided(here, routing_gateway="out", duration=0).cost_wait is None
    again = Case(record(routing_gateway="out"), reads_corrections=True)
    cost_again([again], here, tariff)
    assert (again.cost, again.cost_wait) == (None, Wait(Reason.CLOSED, CARRIER))


def test_a_cost_without_a_rate_waits_by_itself() -> None:
    case = decided(routing_gateway="out", tariffs=lambda key: tariff(key) if key < COST else None)
    assert (case.wait, case.cost) == (None, None)
    assert case.cost_wait == Wait(Reason.NO_RATE, CARRIER, NUMBER)
    later = Case(record(routing_gateway="out"), reads_corrections=True)
    later.number = NUMBER
    cost_again([later], books(), tariff)
    assert later.cost is not None
    assert (later.cost.amount, later.charges) == (190_000, [])


# --- At which price -------------------------------------------------------------------------------


def priced(at: datetime, **more: Any) -> Any:
    """At 13 cents and a fee of one, corrected to 20 cents from AT until an hour later."""
    wrong = Correction(7, "880", AT, AT + timedelta(hours=1), Decimal("0.20"))
    of = tariff(OF_SHOP, corrections=[wrong], fee="0.01")
    case = Case(record(answer=at, end=at, duration=61), **more)
    case.number = NUMBER
    ((found,),) = priced_at([(OF_SHOP,)], Questions([case]), lambda _key: of)
    assert found is not None
    terms = found.terms
    return found.billed, found.amount, terms.price, terms.fee, terms.correction


def test_a_correction_counts_for_what_waited_from_its_first_moment_to_before_its_last() -> None:
    plain = (120, 270_000, 130_000, 10_000, None)
    corrected = (120, 410_000, 200_000, 10_000, 7)
    assert priced(AT) == plain
    end = AT + timedelta(hours=1)
    for at, found in ((AT - TICK, plain), (AT, corrected), (end - TICK, corrected), (end, plain)):
        assert priced(at, reads_corrections=True) == found

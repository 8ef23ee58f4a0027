"""Nobody makes money for himself by any sequence of permitted deeds: every sequence of up to six of
them is tried on the plain model of the rules, by the logins at every level, with deeds of
administrators between.
"""

import pytest

from tests.support import money_model as model
from tests.support.money_model import ADMINISTRATOR, COVERED, NOBODY, Deed, Rules, World, broken
from tests.support.money_search import Tried, search

# An agent, its sub-agent and its customer, and the sub-agent's customer.
TOP, SUB, DEEP, SIDE = range(4)
TREE = (NOBODY, TOP, SUB, TOP)
ON_RECORD = model.start(*TREE, balance=(2, 0, 0, 0))
ON_COVERED = model.start(*TREE, balance=(2, 0, 0, 0), policy=(COVERED, "", "", ""))
HANDED_OUT = model.start(*TREE, balance=(2, 2, 2, 0), policy=("", COVERED, "", ""))

PARTS = Tried(amounts=(1, 2), idle_cards=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "depth", "tried", "least"),
    [
        pytest.param(ON_RECORD, 6, Tried(), 50_000, id="record"),
        pytest.param(ON_RECORD, 4, PARTS, 4_000, id="parts"),
        pytest.param(ON_COVERED, 4, PARTS, 1_500, id="covered"),
        pytest.param(HANDED_OUT, 4, PARTS, 3_000, id="handed-out"),
        pytest.param(ON_COVERED, 4, Tried(unlimited=(TOP, SUB, DEEP)), 1_500, id="unlimited"),
    ],
)
def test_no_sequence_of_deeds_mints(world: World, depth: int, tried: Tried, least: int) -> None:
    done = search(world, depth, tried)
    assert done.found is None, done.found
    assert done.worlds > least


# What each hole leads to at last: whose deed, which, and on whom.
@pytest.mark.parametrize(
    ("hole", "last"),
    [
        (model.PAYS_AGENT, Deed(TOP, "deduct", SUB, 2)),
        (model.PAYS_DEEPER, Deed(TOP, "deduct", DEEP, 2)),
        (model.DEBT_PAYS_AGENT, Deed(TOP, "limit", SUB, 0)),
        (model.PAYMENT_UNGATED, Deed(SUB, "pay", DEEP, 2)),
        (model.LIMIT_UNGATED, Deed(SUB, "limit", DEEP, 2)),
        (model.LIMIT_TAKEN, Deed(TOP, "limit", SUB, 0)),
        (model.MONEY_TAKEN, Deed(TOP, "deduct", SUB, 2)),
        (model.ZERO_TAKEN, Deed(TOP, "make_zero", SUB)),
        (model.DEBT_UNGATED, Deed(SUB, "make_zero", DEEP)),
        (model.CARDS_UNGATED, Deed(SUB, "release", SUB, 1)),
        (model.CARDS_FORGOTTEN, Deed(TOP, "release", TOP, 1)),
        (model.CARD_DEEPER, Deed(TOP, "use", TOP, DEEP)),
        (model.CARD_UPWARDS, Deed(TOP, "use", TOP, TOP)),
        (model.MOVE_UNCOVERS, Deed(TOP, "move", SUB, SIDE)),
        (model.AUTHOR_ASKED, Deed(TOP, "release", SUB, 1)),
        (model.OWN_POLICY, Deed(SUB, "release", SUB, 1)),
        (model.OWN_TOP_UP, Deed(DEEP, "top_up", DEEP, 2)),
        (model.UNLIMITED_TAKEN, Deed(TOP, "unlimited", SUB, False)),
        (model.ONE_LEG, Deed(TOP, "make_zero", SUB)),
    ],
)
def test_a_planted_hole_is_found(hole: str, last: Deed) -> None:
    rules = Rules(frozenset({hole}))
    found = search(ON_RECORD, 6, Tried(unlimited=(SUB,)), rules).found
    assert found is not None
    assert len(found.deeds) <= 4
    assert found.deeds[-1] == last
    # It is this hole: with the rules as they are the same deeds break nothing.
    assert _broken_by(found.deeds, rules) == found.broken
    assert _broken_by(found.deeds, Rules()) == ""


def test_every_hole_is_planted() -> None:
    planted = test_a_planted_hole_is_found.pytestmark[0].args[1]
    assert {hole for hole, _last in planted} == set(model.HOLES)


MANY = 5_000_000


@pytest.mark.parametrize(
    "deeds",
    [
        pytest.param(
            [Deed(TOP, "limit", SUB, MANY), Deed(TOP, "deduct", SUB, MANY)], id="limit-deducted"
        ),
        pytest.param(
            [
                Deed(TOP, "limit", SUB, MANY),
                Deed(SUB, "pay", DEEP, MANY),
                Deed(TOP, "limit", SUB, 0),
            ],
            id="limit-used-and-lowered",
        ),
        pytest.param(
            [
                Deed(TOP, "limit", SUB, MANY),
                Deed(SUB, "pay", DEEP, MANY),
                Deed(TOP, "deduct", DEEP, MANY),
            ],
            id="detour",
        ),
        pytest.param(
            [
                Deed(TOP, "release", TOP, MANY // model.FACE),
                *[Deed(TOP, "use", TOP, SIDE)] * 3,
                Deed(TOP, "make_zero", SIDE),
            ],
            id="cards",
        ),
    ],
)
@pytest.mark.parametrize("world", [ON_RECORD, ON_COVERED], ids=["record", "covered"])
def test_what_minted_once_mints_no_more(world: World, deeds: list[Deed]) -> None:
    """On record the agent hands out what it likes and gains nothing, on covered nothing happens."""
    assert _broken_by(deeds, Rules()) == ""
    end = _end(world, deeds)
    assert end.balance[TOP] == 2
    assert (end == world) == (world is ON_COVERED)


def _broken_by(deeds: tuple[Deed, ...] | list[Deed], rules: Rules) -> str:
    """What does not hold after one of these deeds; those that are refused are left out."""
    world = ON_RECORD
    for deed in deeds:
        after = rules.done(world, deed)
        if after is None:
            continue
        if what := broken(world, deed, after):
            return what
        world = after
    return ""


def _end(world: World, deeds: list[Deed]) -> World:
    for deed in deeds:
        world = Rules().done(world, deed) or world
    return world


def test_by_hand() -> None:
    """A few worlds whose numbers stand here, so that the model is not only its own witness."""
    world = model.start(
        *TREE, balance=(10, 3, -5, 1), limit=(2, 4, 3, 0), cards=(1, 0, 0, 0),
        policy=(COVERED, "", "", ""),
    )  # fmt: skip
    # 12 to spend; below it 3 + 4 and 1, and a card of 2.
    assert model.available(world, TOP) == 12
    assert model.handed_out(world, TOP) == 10
    assert model.free(world, TOP) == 2
    # Its sub-agent's customer is below its limit: that is nothing, not less than nothing.
    assert model.handed_out(world, SUB) == 0
    assert model.free(world, SUB) == 7
    assert _end(world, [Deed(TOP, "pay", SUB, 3)]) == world
    assert _end(world, [Deed(TOP, "pay", SUB, 2)]).balance[SUB] == 5
    # What is handed out by one agent is asked of that agent, whoever does it.
    assert _end(world, [Deed(TOP, "pay", DEEP, 7)]).balance == (10, 3, 2, 1)
    assert _end(world, [Deed(TOP, "pay", DEEP, 8)]) == world
    # An administrator is never refused for it.
    assert _end(world, [Deed(ADMINISTRATOR, "pay", SUB, 300)]).balance[SUB] == 303
    used = _end(world, [Deed(TOP, "use", TOP, SIDE)])
    assert (used.balance[SIDE], used.cards[TOP]) == (3, 0)
    assert model.handed_out(used, TOP) == 10

"""What an authorization acts on; everything else does not exist."""

import pytest

from accounts.core.actor import actor_for
from tests.contracts.contract import (
    BELOW,
    NOBODY,
    OWN,
    OWN_ALONE,
    OWN_AND_BELOW,
    SUPERUSERS,
    Contract,
)
from tests.contracts.doing import (
    assert_refused,
    done,
    ground_of,
    learned_of_foreign,
    learned_of_nothing,
    made,
)
from tests.contracts.ground import World
from tests.contracts.table import TABLE

pytestmark = pytest.mark.django_db


def reaching(reach: str) -> list[Contract]:
    return [one for one in TABLE if one.codes and one.reach == reach]


# Aimed at something that can be somebody else's.
AIMED = [
    one
    for one in TABLE
    if one.needs != SUPERUSERS
    and one.reach != OWN_ALONE
    and (one.make or (one.reach != NOBODY and one.needs != OWN))
]


@pytest.mark.parametrize("contract", AIMED, ids=str)
def test_what_lies_elsewhere_is_as_what_does_not_exist(world: World, contract: Contract) -> None:
    own = ground_of(world, contract)
    actor = actor_for(own.login)
    foreign = learned_of_foreign(world, contract, actor, own)
    assert foreign == learned_of_nothing(contract, actor, own)


@pytest.mark.parametrize("contract", reaching(OWN_AND_BELOW), ids=str)
def test_it_acts_on_the_own_account_as_well(world: World, contract: Contract) -> None:
    ground = ground_of(world, contract).on_itself()
    it = made(contract, ground)
    entries = done(contract, actor_for(ground.login), ground, it)
    assert len(entries) == contract.entries


@pytest.mark.parametrize("contract", reaching(BELOW), ids=str)
def test_it_acts_on_accounts_below_and_not_on_the_own_one(world: World, contract: Contract) -> None:
    ground = ground_of(world, contract).on_itself()
    it = made(contract, ground)
    actor = actor_for(ground.login)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("contract", reaching(OWN_ALONE), ids=str)
def test_it_acts_on_the_own_account_and_on_none_below(world: World, contract: Contract) -> None:
    ground = world.holding(contract.codes)
    it = made(contract, ground)
    actor = actor_for(ground.login)
    assert_refused(contract, lambda: contract.call(actor, ground, it))

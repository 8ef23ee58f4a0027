"""Who may do what: whoever holds what the table says, and nobody else."""

from dataclasses import replace

import pytest

from accounts.core.actor import actor_for
from tests.contracts.contract import ADMINISTRATORS, OWN_ALONE, SUPERUSERS, Contract
from tests.contracts.doing import assert_refused, done, ground_of, made, who_may
from tests.contracts.ground import EIGHT, World, looking_on
from tests.contracts.table import TABLE

pytestmark = pytest.mark.django_db

each = pytest.mark.parametrize("contract", TABLE, ids=str)
OF_CODES = [one for one in TABLE if one.codes]
LACKING = [(one, code) for one in OF_CODES for code in sorted(one.codes)]
OF_STAFF = [one for one in TABLE if one.needs in (ADMINISTRATORS, SUPERUSERS)]
# They have no own account.
OF_EVERYBODY = [
    one
    for one in TABLE
    if one.administrators and one.needs != SUPERUSERS and one.reach != OWN_ALONE
]


@each
def test_who_holds_it_alone_may_and_the_audit_log_says_so(world: World, contract: Contract) -> None:
    login, ground = who_may(world, contract)
    ground = replace(ground, login=login)
    it = made(contract, ground)
    entries = done(contract, actor_for(login), ground, it)
    assert len(entries) == contract.entries
    # What was approved is done by who asked, with the approver beside it.
    assert all(login.username in (one.actor, one.on_behalf_of) for one in entries)
    assert not any(one.is_refused for one in entries)


@pytest.mark.parametrize(
    ("contract", "code"), LACKING, ids=[f"{one}-{code}" for one, code in LACKING]
)
def test_who_holds_everything_else_may_not(world: World, contract: Contract, code: str) -> None:
    ground = ground_of(world, contract, without=code)
    it = made(contract, ground)
    actor = actor_for(ground.login)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("contract", OF_STAFF, ids=str)
def test_all_eight_authorizations_make_nobody_staff(world: World, contract: Contract) -> None:
    ground = world.holding(EIGHT)
    it = made(contract, ground)
    actor = actor_for(ground.login)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("contract", OF_STAFF, ids=str)
def test_what_administrators_do_is_not_done_by_operators(world: World, contract: Contract) -> None:
    ground = world.holding(EIGHT)
    it = made(contract, ground)
    actor = actor_for(world.operator)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("contract", [one for one in TABLE if one.needs == SUPERUSERS], ids=str)
def test_what_superusers_do_is_not_done_by_administrators(world: World, contract: Contract) -> None:
    ground = world.holding(EIGHT)
    it = made(contract, ground)
    actor = actor_for(world.administrator)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@each
def test_who_only_looks_on_may_not(world: World, contract: Contract) -> None:
    """An administrator who looks as somebody does who may."""
    login, ground = who_may(world, contract)
    ground = replace(ground, login=login)
    it = made(contract, ground)
    actor = looking_on(login, world.administrator)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("contract", OF_CODES, ids=str)
def test_an_operator_of_the_portal_may_not(world: World, contract: Contract) -> None:
    """Its model permissions are for the Django admin."""
    ground = replace(ground_of(world, contract), login=world.operator)
    it = made(contract, ground)
    actor = actor_for(world.operator)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("contract", OF_EVERYBODY, ids=str)
def test_administrators_may(world: World, contract: Contract) -> None:
    ground = replace(ground_of(world, contract), login=world.administrator)
    it = made(contract, ground)
    done(contract, actor_for(world.administrator), ground, it)

"""Accounts that are locked, expired or closed, rights that are gone, what is out of date.

Whoever acts was read before: services ask again (docs/domain.md 3).
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.logins.services.logins import login_lock
from accounts.tree.services.accounts import account_edit, account_lock
from tests.contracts.contract import DONE, NOBODY, OWN, OWN_ALONE, REFUSED, SUPERUSERS, Contract
from tests.contracts.doing import assert_refused, close, done, ground_of, made, who_may
from tests.contracts.ground import Ground, World
from tests.contracts.table import TABLE
from tests.support.depth import sampled
from tests.support.sabotage import plant

pytestmark = pytest.mark.django_db


def _lock(account: Account) -> None:
    account_lock(actor=SYSTEM, account=account)


def _expire(account: Account) -> None:
    account_edit(actor=SYSTEM, account=account, valid_until=timezone.now() - timedelta(days=1))


def _revoke(contract: Contract, ground: Ground) -> None:
    left = held(ground.agent) - {Authorization(one) for one in contract.codes}
    grants_set(actor=SYSTEM, account=ground.agent, codes=left, reason="Why")


# What happens to who acts, before the deed and after the page.
MEANWHILE: dict[str, Callable[[World, Contract, Ground], object]] = {
    "its account was locked": lambda _world, _contract, on: _lock(on.agent),
    "its account expired": lambda _world, _contract, on: _expire(on.agent),
    "a level above was locked": lambda world, _contract, _on: _lock(world.top),
    "its account was closed": lambda _world, _contract, on: plant(on.agent, status="closed"),
    "the login was locked": lambda _world, _contract, on: login_lock(
        actor=SYSTEM, user=on.login, reason="Why"
    ),
    "it was revoked": lambda _world, contract, on: _revoke(contract, on),
}
# Two stand for all of them where an answer is wanted soon.
MEANWHILES = [
    one
    if one in ("its account was locked", "it was revoked")
    else pytest.param(one, marks=pytest.mark.wide)
    for one in MEANWHILE
]
# The rule is the same code for all of them, seven times over: a fifth of them on PostgreSQL.
OF_CODES = sampled(
    [one for one in TABLE if one.codes],
    5 if connection.vendor == "postgresql" else 1,
)
# The login's own, where the rules say what becomes of it.
OF_THE_OWN = [one for one in TABLE if one.needs == OWN and one.own_stopped]
AIMED = [
    one
    for one in TABLE
    if one.reach not in (NOBODY, OWN_ALONE) and one.needs not in (OWN, SUPERUSERS)
]


@pytest.mark.parametrize("what", MEANWHILES)
@pytest.mark.parametrize("contract", OF_CODES, ids=str)
def test_who_lost_the_right_meanwhile_may_not(world: World, contract: Contract, what: str) -> None:
    ground = ground_of(world, contract)
    it = made(contract, ground)
    actor = actor_for(ground.login)
    MEANWHILE[what](world, contract, ground)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("what", list(MEANWHILE)[:3])
@pytest.mark.parametrize("contract", OF_THE_OWN, ids=str)
def test_people_of_a_stopped_account_look_after_their_own_login_and_no_more(
    world: World, contract: Contract, what: str
) -> None:
    ground = ground_of(world, contract)
    it = made(contract, ground)
    MEANWHILE[what](world, contract, ground)
    actor = actor_for(ground.login)
    if contract.own_stopped == REFUSED:
        assert_refused(contract, lambda: contract.call(actor, ground, it))
    else:
        assert len(done(contract, actor, ground, it)) == contract.entries


@pytest.mark.parametrize("stop", [_lock, pytest.param(_expire, marks=pytest.mark.wide)])
@pytest.mark.parametrize("contract", [one for one in AIMED if one.locked], ids=str)
def test_what_is_done_about_an_account_that_is_stopped(
    world: World, contract: Contract, stop: Callable[[Account], None]
) -> None:
    """A lock acts on its people and its calls; who stands above looks after it as before."""
    login, ground = who_may(world, contract)
    it = made(contract, ground)
    stop(ground.target)
    if contract.locked == DONE:
        done(contract, actor_for(login), ground, it)
    else:
        actor = actor_for(login)
        assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("contract", [one for one in AIMED if one.closed], ids=str)
def test_a_closed_account_is_never_changed(world: World, contract: Contract) -> None:
    login, ground = who_may(world, contract)
    it = made(contract, ground)
    close(contract, ground, it)
    actor = actor_for(login)
    assert_refused(contract, lambda: contract.call(actor, ground, it))


@pytest.mark.parametrize("contract", [one for one in TABLE if one.stale], ids=str)
def test_what_somebody_saw_before_a_change_is_no_ground_for_a_deed(
    world: World, contract: Contract
) -> None:
    login, ground = who_may(world, contract)
    it = made(contract, ground)
    actor = actor_for(login)
    assert contract.stale
    stale = contract.stale
    error = assert_refused(contract, lambda: stale(actor, ground, it))
    assert error is not None
    assert error.code == "changed_meanwhile"

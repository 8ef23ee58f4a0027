"""Scopes are never widened: an empty one sees nothing, and what is put together out of two
querysets has the privileges of neither (docs/domain.md 2).
"""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from operator import or_, xor
from pkgutil import walk_packages
from typing import Any

import pytest

import accounts
import billing
from accounts.core.actor import NOBODY, SYSTEM, Actor, actor_for, allows, relation
from accounts.core.authorizations import Authorization
from accounts.core.decisions import Relation
from accounts.core.models import Account, AuthorizationTemplate
from accounts.core.scope import Scope
from accounts.kit.errors import NotAllowed
from accounts.mail.services.queue import mail_queue
from accounts.switches.services.refusals import door_refused
from accounts.tree.services.accounts import account_edit
from billing.calls.services.files import file_begun
from billing.cards.services.secrets import pins_take
from billing.distributions.models import Distribution
from billing.ledger.services.settling import settlement_post
from tests.contracts.ground import EIGHT, Ground, World
from tests.contracts.of_authority import waiting
from tests.contracts.of_calls_running import runs
from tests.contracts.of_cards import unreleased
from tests.contracts.of_jobs import waiting_job
from tests.contracts.of_money import draft_of, transferred_once
from tests.contracts.of_queue import calls_that_wait
from tests.contracts.of_requests import asked
from tests.contracts.scoped import BESIDE, NUMBER, SCOPED
from tests.factories import AccountFactory, GatewayFactory, grant, phone
from tests.factories.calls import cdr, charged
from tests.factories.decks import deck
from tests.factories.rates import rate_group
from tests.factories.switches import new_switch
from tests.support.world_calls import rerating

pytestmark = pytest.mark.django_db

# Two querysets as one, in whatever order.
TOGETHER: dict[str, Callable[[Any, Any], Any]] = {
    "or": or_,
    "or, the other way round": lambda one, other: other | one,
    "xor": xor,
    "xor, the other way round": lambda one, other: other ^ one,
    "union": lambda one, other: one.union(other),
    "union, the other way round": lambda one, other: other.union(one),
    "union of all rows": lambda one, other: one.union(other, all=True),
    "or with nothing": lambda one, other: one.none() | other,
}


@pytest.fixture(scope="module")
def ground(world: World) -> Ground:
    """An account about which there is something of every kind."""
    ground = world.holding(EIGHT)
    grant(ground.target, "manage_phone")
    known = {"company": "Known here", "memo": "Noted"}
    account_edit(actor=SYSTEM, account=ground.target, detail=known)
    phone(ground.target, NUMBER)
    GatewayFactory(account=ground.target)
    AccountFactory(account_id="Carrier-1", type="clearing")
    rate_group(ground.agent)
    list(pins_take(actor=SYSTEM, batch=unreleased(ground), kind="csv", reason="Why"))
    waiting(ground)
    asked(ground)
    waiting_job(ground)
    mail_queue("login.locked", [ground.login])
    transferred_once(ground)
    settlement_post(actor=SYSTEM, agent=ground.target, reason="Why")
    deck(rate_group(ground.target), "Prefix,Rate\n880,0.05\n")
    file_begun(actor=SYSTEM, file_name="calls.csv", is_rewritten=False)
    calls_that_wait(ground)
    runs(ground)
    rerating()
    new_switch()
    door_refused(address="203.0.113.9", why="no_key")
    charged(cdr("free", seconds=0, account=ground.target.account_id))
    draft_of(ground.login, ground)
    paid, _digest = draft_of(ground.login, ground)
    Distribution.objects.filter(pk=paid.pk).update(
        text="", posted_at="2026-01-01T00:00Z", count=1, total=10
    )
    return ground


def narrowed() -> Iterator[str]:
    """The public functions that give a queryset to an actor or a scope, by their dotted names."""
    for app in (accounts, billing):
        for module in walk_packages(app.__path__, f"{app.__name__}."):
            if ".migrations" in module.name:
                continue
            for name, function in vars(import_module(module.name)).items():
                is_own = inspect.isfunction(function) and function.__module__ == module.name
                if is_own and not name.startswith("_") and _is_narrowed(function):
                    yield f"{module.name}.{name}"


def _is_narrowed(function: Callable[..., Any]) -> bool:
    signature = inspect.signature(function)
    # Whoever narrows to nothing by it says so, and stands beside.
    asked = {one.removeprefix("_") for one in signature.parameters} & {"actor", "scope"}
    return bool(asked) and "QuerySet" in str(signature.return_annotation)


def seen(name: str, actor: Actor, ground: Ground) -> list[Any]:
    try:
        return list(SCOPED[name](actor, ground.target))
    except NotAllowed:
        return []


def test_every_queryset_that_is_narrowed_is_asked() -> None:
    assert sorted(narrowed()) == sorted({*SCOPED, *BESIDE})


@pytest.mark.parametrize("name", SCOPED)
def test_there_is_something_to_see(world: World, ground: Ground, name: str) -> None:
    administrator = actor_for(world.administrator)
    everybody = [administrator, actor_for(ground.login)]
    assert any(seen(name, actor, ground) for actor in everybody)


@pytest.mark.parametrize("name", SCOPED)
def test_an_empty_scope_sees_nothing(world: World, ground: Ground, name: str) -> None:
    operator = actor_for(world.operator)
    assert operator.scope.is_empty
    assert seen(name, NOBODY, ground) == []
    assert seen(name, operator, ground) == []


@pytest.mark.parametrize("name", SCOPED)
def test_agents_beside_each_other_see_nothing_of_one_another(
    world: World, ground: Ground, name: str
) -> None:
    own = {_key(row) for row in seen(name, actor_for(ground.login), ground)}
    # In the same tree, and in another.
    for other in (world.holding(EIGHT - {"manage_phone"}), world.foreign):
        theirs = {_key(row) for row in seen(name, actor_for(other.login), ground)}
        assert own & theirs == set()


def _key(row: Any) -> Any:
    # Templates of the platform are everybody's: they are no row of anybody.
    is_platforms = isinstance(row, AuthorizationTemplate) and row.owner_id is None
    return object() if is_platforms else getattr(row, "pk", row)


@pytest.mark.parametrize("how", TOGETHER)
def test_two_querysets_as_one_keep_no_privileges(world: World, how: str) -> None:
    """A row that was read through a scope is believed to lie within: none of these are."""
    own = world.holding(EIGHT)
    actor = actor_for(own.login)
    reached = Account.objects.within(actor.scope).filter(pk=own.target.pk).order_by()
    foreign = Account.objects.filter(pk=world.foreign.target.pk).order_by()
    rows = list(TOGETHER[how](reached, foreign))
    assert foreign[0] in rows
    for row in rows:
        assert row.reached_by == Scope.NOTHING
        is_own = row.pk == own.target.pk
        assert relation(actor, row) is (Relation.BELOW if is_own else Relation.OUTSIDE)
        assert allows(actor, Authorization("manage_account"), row) is is_own


def test_what_is_in_both_of_two_querysets_is_in_the_scope(world: World) -> None:
    own = world.holding(EIGHT - {"manage_phone"})
    actor = actor_for(own.login)
    reached = Account.objects.within(actor.scope).order_by()
    everything = Account.objects.order_by()
    both = [*(reached & everything), *(everything & reached), *reached.intersection(everything)]
    assert {row.pk for row in both} == {one.pk for one in _of(own)}


def _of(ground: Ground) -> list[Account]:
    return [ground.agent, ground.target, ground.second, ground.leaf]

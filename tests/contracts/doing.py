"""Doing the deeds of the table: who acts on what, and what came of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any
from uuid import UUID

import pytest
from django.db import models, transaction

from accounts.core.actor import SYSTEM, Actor
from accounts.core.models import AuditEntry, User
from accounts.kit.errors import DomainError, NotInScope
from accounts.tree.services.ending import account_close
from tests.contracts.contract import (
    ADMINISTRATORS,
    OWN_ALONE,
    SUPERUSERS,
    Contract,
)
from tests.contracts.ground import EIGHT, NO_NUMBER, Ground, World
from tests.support.undoing import undone


def ground_of(world: World, contract: Contract, *, without: str = "") -> Ground:
    """Where the contract's deed is valid for who holds exactly what it needs, or for who holds all
    eight `without` one.
    """
    held = EIGHT - {without} if without else contract.codes or EIGHT
    ground = world.holding(held)
    return ground.on_itself() if contract.reach == OWN_ALONE else ground


def who_may(world: World, contract: Contract) -> tuple[User, Ground]:
    """The login that may do the deed, and where."""
    ground = ground_of(world, contract)
    if contract.needs == ADMINISTRATORS:
        return world.administrator, ground
    if contract.needs == SUPERUSERS:
        return world.superuser, ground
    return ground.login, ground


def made(contract: Contract, ground: Ground) -> Any:
    return contract.make(ground) if contract.make else None


def done(contract: Contract, actor: Actor, ground: Ground, it: Any) -> list[AuditEntry]:
    """Do it; return what the audit log says of it."""
    last = AuditEntry.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    contract.call(actor, ground, it)
    return list(AuditEntry.objects.filter(pk__gt=last))


def assert_refused(contract: Contract, deed: Callable[[], Any]) -> DomainError | None:
    """It is refused, and nothing is written but that it was."""
    with undone() as answered:
        answered(403)
        if contract.is_silent:
            deed()
            return None
        if contract.says_no:
            assert contract.says_no(deed())
            return None
        with pytest.raises(DomainError) as caught:
            deed()
    return caught.value


def outcome(contract: Contract, deed: Callable[[], Any]) -> Any:
    """What somebody learns of a deed that cannot be done."""
    with undone() as answered:
        answered(404)
        if contract.shown or contract.is_silent:
            answer = deed()
            return contract.shown(answer) if contract.shown else answer
        with pytest.raises(DomainError) as caught:
            deed()
    error = caught.value
    if isinstance(error, NotInScope):
        # Pages answer 404 and say none of its words.
        return "There is no such thing."
    return type(error), error.code, str(error.message), error.field


def learned_of_foreign(world: World, contract: Contract, actor: Actor, own: Ground) -> Any:
    """What somebody learns of what lies in another tree."""
    with rolled_back():
        foreign = world.foreign.seen_from(own)
        it = made(contract, foreign)
        return outcome(contract, lambda: contract.call(actor, foreign, it))


def learned_of_nothing(contract: Contract, actor: Actor, own: Ground) -> Any:
    """What somebody learns of what does not exist."""
    with rolled_back():
        it = made(contract, own)
        if contract.ghost:
            it = contract.ghost(it)
        elif isinstance(it, models.Model):
            it = copy(it)
            it.pk = UUID(int=NO_NUMBER) if isinstance(it.pk, UUID) else NO_NUMBER
        nothing = own.on_nothing()
        return outcome(contract, lambda: contract.call(actor, nothing, it))


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def close(contract: Contract, ground: Ground, it: Any) -> None:
    if contract.clear:
        contract.clear(ground, it)
    account_close(actor=SYSTEM, account=ground.target, reason="test")

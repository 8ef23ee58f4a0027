"""Deeds that ask for what is unique across the platform (docs/domain.md 2): `refuse_taken` inside
them, `answers` around them.

Where nothing more may be named, that something is taken is told last: a deed that another rule
refuses as well would tell it for ever, at no cost. So the outermost service is rehearsed with what
is taken out of the way, and undone: any other refusal wins.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

from accounts.core.actor import Actor
from accounts.core.availability import NotAvailable, Taken, answer, unnamed

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class _Rehearsal:
    """What a deed of `actor` that will be undone asked for, by field, and what of it was put out of
    the way.
    """

    actor: Actor
    asked: dict[str, list[str]] = field(default_factory=dict)
    aside: list[Taken] = field(default_factory=list)


class _NothingElse(Exception):
    """A rehearsal is over: nothing but what is taken stands against the deed."""


# Whether a service further out answers.
_IS_ANSWERED: ContextVar[bool] = ContextVar("is_answered", default=False)
_REHEARSAL: ContextVar[_Rehearsal | None] = ContextVar("rehearsal", default=None)


def refuse_taken(
    taken: Sequence[Taken], asked: Mapping[str, Sequence[str]], *, is_last: bool = False
) -> list[Taken]:
    """Raise NotAvailable where something is `taken` of what is `asked` for, by field. Call it also
    where nothing is.

    In a rehearsal return those that have to look as if they were available: the caller puts whoever
    has them out of the way (`stand_in`) and goes on. `is_last`: nothing can be refused after it.
    """
    rehearsal = _REHEARSAL.get()
    hidden = unnamed(rehearsal.actor, taken) if rehearsal else []
    told = [one for one in taken if one not in hidden]
    if told:
        typed = {one.typed for one in told}
        at = next((key for key, some in asked.items() if typed.intersection(some)), None)
        every = [one for some in asked.values() for one in some]
        raise NotAvailable(told, field=at, asked=every)
    if rehearsal:
        for key, some in asked.items():
            rehearsal.asked.setdefault(key, []).extend(some)
        rehearsal.aside += hidden
        if is_last:
            raise _NothingElse
    return hidden


def stand_in() -> str:
    """A name nobody has, for whoever is put out of the way."""
    return secrets.token_hex(16)


@contextmanager
def answering(actor: Actor) -> Iterator[None]:
    """Around a whole transaction of `actor`: a NotAvailable that leaves it is counted, recorded and
    says what may be named. Inside another one it does nothing. Raises Busy where it cannot count.
    """
    if _IS_ANSWERED.get():
        yield
        return
    token = _IS_ANSWERED.set(True)
    try:
        yield
    except NotAvailable as refusal:
        is_whole = len(set(refusal.asked)) > 1
        refusal.answered(answer(actor, refusal.taken, refusal.asked, is_whole=is_whole))
        raise
    finally:
        _IS_ANSWERED.reset(token)


def answers(service: Callable[P, T]) -> Callable[P, T]:
    """A service that takes `actor` and may raise NotAvailable. Where nothing more may be named it
    is called again, to be undone.
    """

    @wraps(service)
    def answered(*args: P.args, **kwargs: P.kwargs) -> T:
        if _IS_ANSWERED.get():
            return service(*args, **kwargs)
        actor: Any = kwargs["actor"]
        with answering(actor):
            try:
                return service(*args, **kwargs)
            except NotAvailable as refusal:
                if not unnamed(actor, refusal.taken):
                    raise
                done = _rehearsed(actor, lambda: service(*args, **kwargs))
                if not done.aside:
                    raise
                asked = [one for some in done.asked.values() for one in some]
                at = refusal.field if len(done.asked) == 1 else None
                raise NotAvailable(done.aside, field=at, asked=asked) from None

    return answered


def _rehearsed(actor: Actor, deed: Callable[[], object]) -> _Rehearsal:
    """Raise what stands against the deed beside what is put out of the way; it is undone."""
    rehearsal = _Rehearsal(actor)
    token = _REHEARSAL.set(rehearsal)
    try:
        with transaction.atomic():
            deed()
            raise _NothingElse
    except _NothingElse:
        return rehearsal
    finally:
        _REHEARSAL.reset(token)

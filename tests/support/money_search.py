"""Tries every sequence of deeds on the plain model of money, and tells the first that breaks it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from tests.support.money_model import (
    ADMINISTRATOR,
    COVERED,
    RECORD,
    Deed,
    Rules,
    World,
    above,
    broken,
    direct,
)

Parents = tuple[int, ...]


@dataclass(frozen=True)
class Tried:
    """What is tried: amounts and limits of agents, accounts that are given unlimited credit, cards
    of ordinary accounts too, which nobody can use.
    """

    amounts: tuple[int, ...] = (2,)
    limits: tuple[int, ...] = (0, 2)
    unlimited: tuple[int, ...] = ()
    by_administrators: tuple[int, ...] = (2,)
    idle_cards: bool = False


@dataclass(frozen=True)
class Found:
    """A sequence of deeds after which something does not hold."""

    deeds: tuple[Deed, ...]
    broken: str


@dataclass(frozen=True)
class Search:
    """`worlds`: how many different ones were looked at."""

    found: Found | None
    worlds: int


def search(world: World, depth: int, tried: Tried, rules: Rules | None = None) -> Search:
    """Try every sequence of up to so many deeds. Worlds that are the same are looked at once, with
    the fewest deeds that lead there.
    """
    rules = rules or Rules()
    # Without a hole a deed does the same whoever does it, and least may be raised by the nearest.
    possible = cache(lambda parents: tuple(_deeds(parents, tried, bool(rules.holes))))
    way: dict[World, tuple[World, Deed] | None] = {world: None}
    level = [world]
    for last in reversed(range(depth)):
        following = []
        for one in level:
            for deed in possible(one.parent):
                if not last and deed.by == ADMINISTRATOR:
                    continue  # Breaks nothing itself.
                after = rules.done(one, deed)
                if after is None:
                    continue
                if what := broken(one, deed, after):
                    return Search(Found((*_back(way, one), deed), what), len(way))
                if last and after not in way:
                    way[after] = (one, deed)
                    following.append(after)
        level = following
    return Search(None, len(way))


def _back(way: dict[World, tuple[World, Deed] | None], world: World) -> tuple[Deed, ...]:
    step = way[world]
    return () if step is None else (*_back(way, step[0]), step[1])


def _deeds(parents: Parents, tried: Tried, by_all: bool) -> Iterator[Deed]:
    """Every deed that anybody could be permitted in a tree."""
    people = range(len(parents))
    for on in people:
        agents = above(parents, on)
        for by in agents if by_all else agents[:1]:
            yield from _to_sub_account(by, on, tried)
        for by in agents:
            yield from (
                Deed(by, "move", on, to)
                for to in people
                if to != parents[on] and by in (to, *above(parents, to))
            )
        if tried.idle_cards or direct(parents, on):
            for by in (on, *agents) if by_all else (on,):
                yield from _with_cards(by, on, people if by_all else direct(parents, on))
        yield from (Deed(on, "top_up", on, amount) for amount in tried.amounts)
    for on in people:
        yield from _between(parents, on, tried)


def _to_sub_account(by: int, on: int, tried: Tried) -> Iterator[Deed]:
    for amount in tried.amounts:
        yield Deed(by, "pay", on, amount)
        yield Deed(by, "deduct", on, amount)
    yield from (Deed(by, "limit", on, limit) for limit in tried.limits)
    yield Deed(by, "make_zero", on)
    if on in tried.unlimited:
        yield Deed(by, "unlimited", on, False)


def _with_cards(by: int, on: int, payees: Iterable[int]) -> Iterator[Deed]:
    yield Deed(by, "release", on, 1)
    yield Deed(by, "withdraw", on, 1)
    yield from (Deed(by, "use", on, payee) for payee in payees)


def _between(parents: Parents, on: int, tried: Tried) -> Iterator[Deed]:
    """What administrators do between the deeds of others."""
    for amount in tried.by_administrators:
        yield Deed(ADMINISTRATOR, "pay", on, amount)
        yield Deed(ADMINISTRATOR, "reverse", on, amount)
    if direct(parents, on):
        yield from (Deed(ADMINISTRATOR, "policy", on, policy) for policy in (RECORD, COVERED))
    if on in tried.unlimited:
        yield Deed(ADMINISTRATOR, "unlimited", on, True)

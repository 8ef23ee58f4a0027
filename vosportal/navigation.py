"""What every page of the portal shows around its content: modules, the tree, who is looking."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.core.actor import NOBODY, Actor
from accounts.kit.counting import counted_rows
from accounts.kit.prepared import Prepared
from accounts.portal.modules import Module, Value
from accounts.portal.registry import registry
from accounts.tree.tables.sidebar import sidebar_tree


@dataclass(frozen=True)
class Entry:
    """A module as the side panel shows it. `current` marks the one the page belongs to."""

    label: Any
    url: str
    icon: str
    current: bool = False
    # What waits there, as text; asked for only if the page shows it.
    count: Any = ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of `base.html`. The tree is read only if the page shows it."""
    actor: Actor = getattr(request, "actor", NOBODY)
    return {
        "actor": actor,
        "nav": entries(request, actor),
        "show_tree": _works_here(actor),
        "sidebar_tree": SimpleLazyObject(lambda: sidebar_tree(request)),
    }


def entries(request: HttpRequest, actor: Actor) -> list[Entry]:
    """The modules this actor may open, in the order it needs them; those without any right are
    absent.
    """
    match = request.resolver_match
    here = _modules_of(match.view_name if match else "")
    works_here = _works_here(actor)
    seen = [one for one in registry.modules if (works_here or one.is_outside) and one.is_for(actor)]
    counts = SimpleLazyObject(lambda: _waiting(actor, seen))

    def waiting(name: str) -> Any:
        return SimpleLazyObject(lambda: str(counts.get(name, "")))

    return [
        Entry(
            one.label,
            one.url(),
            one.icon,
            one.name in here,
            waiting(one.name) if one.waiting else "",
        )
        for one in seen
    ]


def _works_here(actor: Actor) -> bool:
    return bool(actor.is_administrator or actor.chain)


def _modules_of(page: str) -> set[str]:
    """The modules that the page of this name belongs to."""
    named = {one.name for one in registry.modules if page in one.pages}
    if named:
        return named
    fitting = [
        (len(beginning), one.name)
        for one in registry.modules
        for beginning in one.beginnings
        if page.startswith(beginning)
    ]
    longest = max(fitting, default=(0, ""))[0]
    return {name for length, name in fitting if length == longest}


def _waiting(actor: Actor, seen: list[Module]) -> Mapping[str, int]:
    """How much waits in which of the modules; what is empty is absent. One query."""
    shape: list[tuple[str, int]] = []
    values: list[Value] = []
    for one in seen:
        if one.waiting:
            given = one.waiting.values(actor)
            shape.append((one.name, len(given)))
            values += given
    if not shape:
        return {}
    return {name: n for name, n in _WAITING.rows(tuple(shape), *values) if n}


def _counted(shape: tuple[tuple[str, int], ...], *values: Value) -> "QuerySet[Any, Any]":
    """The rows of these modules, each of which is given so many of the values."""
    given = iter(values)
    waiting = {one.name: one.waiting for one in registry.modules if one.waiting}
    return counted_rows(**{name: waiting[name].rows(*islice(given, n)) for name, n in shape})


_WAITING = Prepared(_counted)

"""What every page of the portal shows around its content: modules, the tree, who is looking."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.core.actor import NOBODY, Actor
from accounts.kit.counting import counted_rows
from accounts.kit.markup import format_html, joined
from accounts.kit.prepared import Prepared
from accounts.portal.modules import GROUPS, WORK, Module, ModuleGroup, Value
from accounts.portal.registry import registry
from accounts.templatetags.icons import icon
from accounts.tree.tables.sidebar import sidebar_tree


@dataclass(frozen=True)
class Entry:
    """A module as the side panel shows it. `current` marks the one the page belongs to."""

    label: Any
    url: str
    icon: str
    group: ModuleGroup | None
    current: bool = False
    # What waits there, as text; asked for only if the page shows it.
    count: Any = ""
    # What it is called in a sentence about what waits.
    waits: Any = ""
    in_dock: bool = False
    tabs: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class GatheredPlace:
    """A module of several pages, as the head of each of them shows it."""

    label: Any
    tabs: Sequence[Mapping[str, Any]]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of `base.html`. The tree is read, and modules are written, only if the page shows
    them.
    """
    actor: Actor = getattr(request, "actor", NOBODY)
    nav = own_entries(request, actor) if actor.is_customer else entries(request, actor)
    return {
        "actor": actor,
        "nav": nav,
        "waits_for_me": SimpleLazyObject(lambda: waiting_for(nav)),
        "nav_items": SimpleLazyObject(lambda: _written(nav, _unfolded(request, nav))),
        "place": _place(request, nav),
        "show_tree": _works_here(actor) and not actor.is_customer,
        "sidebar_tree": SimpleLazyObject(lambda: sidebar_tree(request)),
    }


def own_entries(request: HttpRequest, actor: Actor) -> list[Entry]:
    """The menu of a customer."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    pages = [(one, one.url(actor)) for one in registry.own_pages]
    return [
        Entry(one.label, url, one.icon, None, here in one.pages, in_dock=one.in_dock)
        for one, url in pages
        if url
    ]


def entries(request: HttpRequest, actor: Actor) -> list[Entry]:
    """The modules this actor may open, in the order it needs them; those without any right are
    absent.
    """
    match = request.resolver_match
    here = _modules_of(match.view_name if match else "")
    works_here = _works_here(actor)
    seen = [one for one in registry.modules if (works_here or one.is_outside) and one.is_for(actor)]
    counts = SimpleLazyObject(lambda: _waiting(actor, seen))

    def entry(module: Module) -> Entry:
        within = [one for one in seen if one.within == module.name]
        names = [one.name for one in (module, *within) if one.waiting]
        return Entry(
            module.label,
            _address(module.url),
            module.icon,
            module.group,
            any(one.name in here for one in (module, *within)),
            _sum_of(counts, names) if names else "",
            module.waiting.words if module.waiting else "",
            tabs=tuple(map(entry, within)),
        )

    return [entry(one) for one in seen if not one.within]


def _sum_of(counts: Any, names: Iterable[str]) -> Any:
    """How much waits in these modules together, as text."""
    return SimpleLazyObject(lambda: str(sum(counts.get(name, 0) for name in names) or ""))


def _place(request: HttpRequest, nav: Iterable[Entry]) -> GatheredPlace | None:
    """What the page is a tab of; None for a page that is none."""
    for one in nav:
        if any(tab.url == request.path for tab in one.tabs):
            tabs = [
                {
                    "label": tab.label,
                    "url": tab.url,
                    "current": tab.url == request.path,
                    "count": tab.count,
                }
                for tab in one.tabs
            ]
            return GatheredPlace(one.label, tabs)
    return None


def waiting_for(nav: Iterable[Entry]) -> list[tuple[str, str, str]]:
    """What waits in the modules: a sign, a sentence, where. The counts are those of the menu."""
    pages = [page for one in nav for page in one.tabs or (one,)]
    found = [(one, int(str(one.count) or 0)) for one in pages]
    return [
        (one.icon, str(one.waits % {"count": n}) if one.waits else f"{one.label}: {n}", one.url)
        for one, n in found
        if n
    ]


def _unfolded(request: HttpRequest, nav: Iterable[Entry]) -> set[str]:
    """The groups that this browser keeps unfolded. At first it is the work of every day, whose
    words say what stands where; the tree below gives way by half the height at most.
    """
    return set(request.COOKIES.get(FOLDS, WORK.name).split("."))


def _written(nav: Iterable[Entry], unfolded: set[str]) -> SafeString:
    """The modules as items of a list, those of a group together; a group of one is that one."""
    within = {group: [one for one in nav if one.group is group] for group in GROUPS}
    return joined(
        _group_written(group, seen, group.name in unfolded) if len(seen) > 1 else _items(seen, True)
        for group, seen in within.items()
    )


def _group_written(group: ModuleGroup, seen: list[Entry], is_open: bool) -> SafeString:
    waits = sum(int(str(one.count) or 0) for one in seen)
    here = next((one.label for one in seen if one.current), "")
    return format_html(
        '<li><details class="menu-group" data-fold="{}"{}><summary{}>{}<span>{}</span>{}{}{}'
        '</summary><ul class="modules">{}</ul></details></li>\n',
        group.name,
        _OPEN if is_open else "",
        _HERE if here else "",
        icon(group.icon),
        group.label,
        format_html('<span class="menu-here">{}</span>', here) if here else "",
        format_html(
            '<span class="n">{}<span class="visually-hidden"> {}</span></span>', waits, _("waiting")
        )
        if waits
        else "",
        icon("right", "turn"),
        _items(seen, False),
    )


def _items(seen: Iterable[Entry], has_icon: bool) -> SafeString:
    return joined(
        _item(
            one.url,
            one.current,
            one.icon if has_icon else "",
            str(one.label),
            str(one.count),
        )
        for one in seen
    )


@lru_cache(maxsize=1024)
def _item(url: str, is_current: bool, symbol: str, label: str, count: str) -> SafeString:
    return format_html(
        '<li><a href="{}"{}>{}<span class="word">{}</span>{}</a></li>\n',
        url,
        _CURRENT if is_current else "",
        icon(symbol) if symbol else "",
        label,
        format_html('<span class="n">{}</span>', count) if count else "",
    )


# Where the browser keeps which groups are unfolded, so that a page comes as it stays.
FOLDS = "menu"
_OPEN = SafeString(" open")
_HERE = SafeString(' class="is-here"')
_CURRENT = SafeString(' aria-current="page"')


@lru_cache(maxsize=128)
def _address(url: Callable[[], str]) -> str:
    """Where a module is; worked out once."""
    return url()


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

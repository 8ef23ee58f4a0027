"""What the command bar and its page show of what was found: groups of hits, deeds and pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains
from accounts.kit.text import name_key
from accounts.portal.finding import (
    Asked,
    Hit,
    Offer,
    Row,
    SearchDeed,
    SearchPage,
    SearchSection,
    read,
)
from accounts.portal.registry import Tab, registry
from accounts.portal.understanding import Understood, pages_called

# How many accounts a deed is offered for, where more than one may be meant.
_TARGETS = 3
_PAGES = 6
_DIGITS = 7


@dataclass(frozen=True)
class Group:
    """Hits of a kind. `all_url` is where those are listed of which there are more."""

    name: str
    label: Any
    icon: str
    hits: Sequence[Hit]
    has_more: bool = False
    all_url: str = ""


@dataclass(frozen=True)
class Kinds:
    """What was found beside accounts; `exact` is where the one thing is that can be meant."""

    groups: Sequence[Group]
    exact: str = ""
    exact_in: str = ""


def account_groups(
    accounts: Sequence[Account],
    notes: Mapping[int, str],
    ways: Mapping[int, tuple[ChainLink, ...]],
    actor: Actor,
    *,
    has_more: bool,
) -> list[Group]:
    """The accounts as a group of their own; none where none was found."""
    if not accounts:
        return []
    hits = [
        Hit(
            one.account_id,
            one.get_absolute_url(),
            notes.get(one.pk, ""),
            account_name=one.name if one.name != one.account_id else "",
            way=[link.account_id for link in actor.visible_part(ways.get(one.pk, ()))[:-1]],
            icon="agent" if one.is_agent else "account",
        )
        for one in accounts
    ]
    return [Group("accounts", _("Accounts"), "account", hits, has_more)]


def notes_of(actor: Actor, accounts: Sequence[Account]) -> dict[int, str]:
    """A few words of packages about each of these accounts."""
    notes: dict[int, list[str]] = {}
    for note in registry.hit_notes if accounts else ():
        for pk, words in note(actor, accounts).items():
            notes.setdefault(pk, []).append(words)
    return {pk: " · ".join(words) for pk, words in notes.items()}


class Finder:
    """Everything but accounts that is called like this. Reads with `read` and `chains`: three
    questions at most, together with the ways to these accounts.
    """

    def __init__(
        self, actor: Actor, asked: Asked, accounts: Sequence[Account], *, most: int = 0
    ) -> None:
        self.actor, self.asked, self.most = actor, asked, most
        self.found = read(actor, asked, registry.search_sections, most)
        named = {
            row[name]
            for rows in self.found.values()
            for row in rows
            for name in ("account", "beside")
            if row.get(name)
        }
        self.ways = chains({*named, *(one.pk for one in accounts)})

    def kinds(self) -> Kinds:
        groups, exact, exact_in = [], "", ""
        for one in registry.search_sections:
            rows = self.found.get(one.name, [])
            if not rows:
                continue
            most = min(one.most, self.most) if self.most else one.most
            hits = [self._hit(one, row) for row in rows[:most]]
            same = [
                hit for hit, row in zip(hits, rows, strict=False) if one.is_exact(row, self.asked)
            ]
            if not exact and len(same) == 1:
                exact, exact_in = same[0].url, one.name
            has_more = len(rows) > most > 1
            url = one.all_url(self.asked.text) if has_more and one.all_url else ""
            groups.append(Group(one.name, one.label, one.icon, hits, has_more, url))
        return Kinds(groups, exact, exact_in)

    def _hit(self, section: SearchSection, row: Row) -> Hit:
        hit = replace(section.hit(row), icon=section.icon)
        for pk in (row.get("account"), row.get("beside")):
            way = self.actor.visible_part(self.ways.get(pk, ())) if pk else ()
            if way:
                *above, own = way
                name = own.name if own.name != own.account_id else ""
                return replace(
                    hit,
                    account_id=own.account_id,
                    account_name=name,
                    way=[link.account_id for link in above],
                )
        return hit


def deeds_known() -> list[SearchDeed]:
    """Those of packages, and the tabs of an account, by what they are called."""
    return [*registry.search_deeds, *map(_opening, registry.account_tabs)]


def _opening(tab: Tab) -> SearchDeed:
    def offer(actor: Actor, account: Account | None, _figure: str) -> Offer | None:
        url = tab.url(actor, account) if account else None
        said = {"tab": tab.label, "account": account}
        return Offer(_("%(tab)s of %(account)s") % said, url) if url else None

    return SearchDeed(tab.name, "columns", (tab.label,), offer, is_usual=False, of_account=True)


def deeds_offered(
    actor: Actor, meant: Understood, accounts: Sequence[Account], text: str
) -> list[Group]:
    """The deed that was typed, for the accounts that may be meant; else what is usually done with
    the one that was found, or with a number.
    """
    offers: list[tuple[SearchDeed, Account | None, str]] = []
    deeds: Sequence[SearchDeed] = registry.search_deeds
    if meant.deed is not None:
        targets: Sequence[Account | None] = accounts[:_TARGETS] if meant.account else [None]
        offers = [(meant.deed, one, meant.figure) for one in targets]
    elif accounts and (len(accounts) == 1 or _is_called(accounts[0], meant.account)):
        first = accounts[0]
        figure = meant.figure if _is_called(first, meant.account) else ""
        offers = [
            (deed, first, figure if deed.takes == "amount" else "")
            for deed in deeds
            if deed.is_usual
        ]
    elif not text:
        offers = [(deed, None, "") for deed in deeds]
    elif not accounts and len(text.lstrip("+")) >= _DIGITS and text.lstrip("+").isdecimal():
        offers = [(deed, None, text) for deed in deeds if deed.takes == "number"]
    hits = []
    for deed, account, figure in offers:
        offer = deed.offer(actor, account, figure)
        if offer is not None:
            hits.append(Hit(offer.label, offer.url, offer.note, icon=deed.icon))
    return [Group("deeds", _("Do"), "spark", hits)] if hits else []


def _is_called(account: Account, typed: str) -> bool:
    return name_key(account.account_id) == name_key(typed)


def pages_offered(actor: Actor, text: str) -> tuple[list[Group], bool]:
    """The pages that are called like this, and whether the first is by its own name; for no text
    all that the person works with.
    """
    known: dict[str, SearchPage] = {}
    for page in _pages(actor):
        url = page.url(actor)
        if url and url in known:
            more = (page.label, *page.words)
            known[url] = replace(known[url], words=(*known[url].words, *more))
        elif url:
            known[url] = page
    found = pages_called(text, list(known.values()), len(known) if not text else _PAGES)
    hits = [Hit(str(page.label), page.url(actor), name, icon=page.icon) for page, name in found]
    is_named = bool(text and hits and hits[0].name.casefold().startswith(text.casefold()))
    return ([Group("pages", _("Pages"), "columns", hits)] if hits else []), is_named


def _pages(actor: Actor) -> list[SearchPage]:
    if actor.is_customer:
        # Who has a menu of its own has no modules.
        return [
            SearchPage(one.label, one.icon, _at(one.url(actor) or "")) for one in registry.own_pages
        ]
    pages = [
        SearchPage(one.label, one.icon, _at(one.url()), one.words, one.order)
        for one in registry.modules
        if one.is_for(actor)
    ]
    pages += registry.search_pages
    pages += [
        SearchPage(one.label, one.icon, _at(one.url()))
        for one in registry.module_actions
        if one.is_for(actor)
    ]
    return pages


def _at(url: str) -> Any:
    return lambda actor: url

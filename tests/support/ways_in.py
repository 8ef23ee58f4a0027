"""Which addresses the pages of the portal lead to: all links, forms and live parts, walked from the
start page as somebody would.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

from tests.support.world import World

# What holds an address in a page: links, forms, and what scripts ask for.
_HOLDERS = re.compile(r"^(href|action|formaction|hx-(get|post)|data-.*)$")
# Pages of one kind are alike; after so many of them the next ones are not opened. Of some the deeds
# differ with the state a thing is in.
_OF_A_KIND, _OF_MANY_STATES = 2, 14
_WITH_STATES = (
    "accounts:detail", "accounts:authorizations", "accounts:logins", "billing:card",
    "billing:card-batch",
)  # fmt: skip


@dataclass
class Walked:
    """What was found: the names of addresses, and links that lead to nothing, with their pages."""

    names: set[str] = field(default_factory=set)
    dead_ends: set[tuple[str, str]] = field(default_factory=set)


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.others: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link":
            return
        for name, value in attrs:
            if value and _HOLDERS.match(name) and value[0] in "/?.":
                (self.links if name == "href" else self.others).add(value)


def named_by(address: str) -> str:
    """The name of the address that this is one of, "" where it is none."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def walked_from_the_start(world: World, role: str) -> Walked:
    """Open every link from page to page as this role; undone after each."""
    walked, opened = Walked(), dict[str, int]()
    known, waiting = {"/"}, [("/", "")]
    while waiting:
        address, page = waiting.pop(0)
        name = named_by(address)
        walked.names.add(name)
        opened[name] = opened.get(name, 0) + 1
        if opened[name] > (_OF_MANY_STATES if name in _WITH_STATES else _OF_A_KIND):
            continue
        answer = world.ask(role, "GET", address)
        if answer.status == 404 and page:
            walked.dead_ends.add((address, page))
        if answer.location:
            _note(urljoin(address, answer.location), address, known, waiting)
        if answer.status == 200 and "<" in answer.body:
            reader = _Addresses()
            reader.feed(answer.body)
            for one in sorted(reader.links):
                _note(urljoin(address, one), address, known, waiting)
            # Forms and live parts may be patterns that a script fills in.
            for one in sorted(reader.others - reader.links):
                _note(urljoin(address, one), "", known, waiting)
    walked.names.discard("")
    return walked


def _note(address: str, page: str, known: set[str], waiting: list[tuple[str, str]]) -> None:
    whole = address.partition("#")[0]
    if whole not in known and not urlsplit(whole).netloc and named_by(whole):
        known.add(whole)
        waiting.append((whole, page))

"""Reading the navigation tree out of a page."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Item:
    """One `role="treeitem"` with its attributes, its text and what is nested in it."""

    attributes: dict[str, str]
    text: str = ""
    children: list["Item"] = field(default_factory=list)

    @property
    def account_id(self) -> str:
        return self.attributes.get("data-account", "")

    @property
    def label(self) -> str:
        return self.attributes.get("aria-label", "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.roots: list[Item] = []
        self.open: list[Item] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found: dict[str, Any] = {name: value or "" for name, value in attrs}
        if found.get("role") == "treeitem" and "data-retry" not in found:
            item = Item(found)
            (self.open[-1].children if self.open else self.roots).append(item)
            self.open.append(item)

    def handle_endtag(self, tag: str) -> None:
        if tag == "li" and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1].text += data


def read_tree(page: Any) -> list[Item]:
    """The top items of the tree in a page or a part of one."""
    reader = _Reader()
    reader.feed(page.content.decode())
    return reader.roots


def outline(items: list[Item]) -> list[Any]:
    """The account ids as they nest: `["A", ["B", "C"], "D"]`; what is not shown yet as "…"."""
    found: list[Any] = []
    for item in items:
        found.append(item.account_id or "…")
        if item.children:
            found.append(outline(item.children))
    return found


def everything(items: list[Item]) -> list[Item]:
    """All items, nested ones included, as they stand."""
    return [one for item in items for one in (item, *everything(item.children))]


def item_of(items: list[Item], account_id: str) -> Item:
    """The one item of an account."""
    (found,) = [item for item in everything(items) if item.account_id == account_id]
    return found

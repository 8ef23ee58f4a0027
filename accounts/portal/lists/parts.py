"""What stands around the rows of a list: words, buttons, switches, the bulk bar, nothing found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Words:
    """What a list says of itself. `search` names its toolbar, `find` its box for words, `file` is
    the link to a file (with `%(kind)s`), `no_match…` what stands where filters leave nothing.
    """

    search: Any = ""
    # The tab of the list as it is without filters.
    every: Any = _("Everything")
    find: Any = ""
    find_hint: Any = ""
    file: Any = "%(kind)s"
    no_match: Any = ""
    no_match_text: Any = _("Clear the filters to see the whole list.")
    # Where more levels may hold what was not found.
    widen_text: Any = _("Clear the filters, or look in all levels.")
    clear: Any = _("Clear all filters")
    # What Direct and All show.
    direct: Any = _("of this account alone")
    all: Any = _("of this account and everything below it")
    # What the box of a row says to those who listen, and the bar of what is ticked.
    tick: Any = _("Select %(row)s")
    ticked: Any = ""


@dataclass(frozen=True)
class Button:
    """A link that looks like a button. With a `reason` it is not available and says why."""

    label: Any
    url: str
    icon: str
    is_primary: bool = False
    reason: Any = ""


@dataclass(frozen=True)
class Deed:
    """What can be done with the ticked rows: posted as `deed`, or to an address of its own."""

    name: str
    label: Any
    icon: str = ""
    url: Any = ""


@dataclass(frozen=True)
class Bulk:
    """The bar of what is ticked. `fields` are posted along; `reason` says why nothing can be done
    but what is offered. `total`: how many match, where all of them can be meant.
    """

    url: str
    deeds: Sequence[Deed]
    fields: Sequence[tuple[str, str]] = ()
    reason: Any = ""
    total: int | None = None
    total_text: str = ""


@dataclass(frozen=True)
class Switch:
    """A filter that is offered as a few links: what it is called, what is set, the links."""

    name: str
    label: Any
    value: str = ""
    items: Sequence[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Empty:
    """What stands in place of rows (components/_empty.html)."""

    title: Any
    text: Any = ""
    url: str = ""
    action: Any = ""
    icon: str = ""
    secondary_url: str = ""
    secondary: Any = ""
    art: bool = False

"""How each package speaks of its deeds in the audit log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

    from accounts.core.actor import Actor
    from accounts.core.models import Account

# What a deed is called: symbol, colour, words. "%(subject)s" is the entry's object.
Words = tuple[str, str, Any]


@dataclass(frozen=True)
class Line:
    """What the overview of an account says of a deed beside its words: where it leads to, by how
    much it changed what, from what to what, and what it is called elsewhere.
    """

    url: str
    amount: str = ""
    before: str = ""
    after: str = ""
    reference: str = ""


@dataclass(frozen=True)
class AuditTerms:
    """How the audit log speaks of what a package does."""

    # Deeds, by action.
    words: Mapping[str, Words] = field(default_factory=dict)
    # Values of entries, by name: what they are called, and what each choice is. Those that have no
    # label are called as the columns of `models`.
    labels: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    models: Sequence[type["Model"]] = ()
    # Where entries hold numbers of objects, and of which kind (`object_keys`): as the subject of
    # actions that begin so, and as values of these names.
    subjects: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    # Values that name accounts, and what one is called that the viewer may not know ("": an agent,
    # who stands above it or did once).
    accounts: Mapping[str, Any] = field(default_factory=dict)
    # Values that only some may read, by name: given the viewer and all of them on a page, how each
    # is read. Two queries at most, none for administrators.
    known: Mapping[str, Callable[["Actor", Sequence[Any]], Callable[[Any], str]]] = field(
        default_factory=dict
    )
    # By how actions begin: what the overview of an account says of each of these objects, by their
    # numbers. One query.
    lines: Mapping[str, Callable[["Account", Sequence[int]], Mapping[int, Line]]] = field(
        default_factory=dict
    )
    # Actions that begin so say something of who did it only: nothing to whom may not know who.
    private: tuple[str, ...] = ()
    # What the levels above keep about an account is not for the account itself.
    from_above: frozenset[str] = frozenset()
    # What is for those alone who may know who did it, and for the account itself.
    of_who_did: frozenset[str] = frozenset()
    # By action: values that entries once held under another name, and what they are called now.
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Actions whose values tell more than their words: the overview of an account shows them.
    detailed: frozenset[str] = frozenset()
    order: int = 0


@dataclass(frozen=True)
class AuditGroup:
    """Deeds the audit log is narrowed to: actions that begin or end so. Several packages may add to
    a group of one name.
    """

    name: str
    label: Any
    beginnings: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    order: int = 0

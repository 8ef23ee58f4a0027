"""Finding one object by the key it is called by, for the global search
(`accounts.portal.registry`).

Administrators find it by its number too, as older papers have it; to everybody else numbers lead
nowhere.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.core.actor import Actor
from accounts.kit.object_keys import LONGEST_NUMBER, typed_number
from accounts.portal.registry import Hit, SearchSection

# The object with this number, or of this key, as far as the actor reaches it.
Reached = Callable[[Actor, Any], Hit | None]


def keyed(name: str, label: Any, icon: str, kind: str, reached: Reached) -> SearchSection:
    """A section of objects that are called by keys of this kind. One query, for what is a key or a
    number, else none.
    """

    def by_key(actor: Actor, text: str) -> Hit | None:
        number = typed_number(kind, text)
        return None if number is None else reached(actor, number)

    def find(actor: Actor, text: str, most: int) -> list[Hit]:
        hit = by_key(actor, text)
        if hit is None and actor.is_administrator and _is_number(text):
            hit = reached(actor, int(text))
        return [hit] if hit else []

    return _section(name, label, icon, by_key, find)


def called_by_uuid(name: str, label: Any, icon: str, reached: Reached) -> SearchSection:
    """A section of objects whose primary keys count nothing and are shown as they are."""

    def by_key(actor: Actor, text: str) -> Hit | None:
        try:
            return reached(actor, UUID(text))
        except ValueError:
            return None

    def find(actor: Actor, text: str, most: int) -> list[Hit]:
        hit = by_key(actor, text)
        return [hit] if hit else []

    return _section(name, label, icon, by_key, find)


def _section(
    name: str,
    label: Any,
    icon: str,
    by_key: Callable[[Actor, str], Hit | None],
    find: Callable[[Actor, str, int], list[Hit]],
) -> SearchSection:
    def exact(actor: Actor, text: str) -> str:
        hit = by_key(actor, text)
        return hit.url if hit else ""

    return SearchSection(name, label, icon, find, exact)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER

"""Finding one object by the key it is called by, for the global search
(`accounts.portal.finding`).

Administrators find it by its number too, as older papers have it; to everybody else numbers lead
nowhere.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.core.actor import Actor
from accounts.kit.object_keys import LONGEST_NUMBER, object_key, typed_number
from accounts.portal.finding import Asked, Hit, Row, SearchSection

# The objects that the actor reaches.
Reached = Callable[[Actor], "QuerySet[Any]"]


def keyed(
    name: str,
    label: Any,
    icon: str,
    kind: str,
    reached: Reached,
    columns: Mapping[str, Any],
    hit: Callable[[Row, str], Hit],
    *,
    number: str = "pk",
    place: Callable[..., Any] | None = None,
) -> SearchSection:
    """A section of objects that are called by keys of this kind; `hit` is given the key as well.
    `number` is the field that has what the keys are made of.
    """

    def rows(actor: Actor, asked: Asked) -> "QuerySet[Any] | None":
        found = _meant(actor, kind, asked.fragment)
        return None if found is None else reached(actor).filter(**{number: found})

    def named(row: Row) -> Hit:
        return hit(row, object_key(kind, row["number"]))

    def is_exact(row: Row, asked: Asked) -> bool:
        return typed_number(kind, asked.text) == row["number"]

    return SearchSection(
        name,
        label,
        icon,
        rows,
        {"number": number, **columns},
        named,
        is_exact,
        place,
        most=1,
    )


def called_by_uuid(
    name: str,
    label: Any,
    icon: str,
    reached: Reached,
    columns: Mapping[str, Any],
    hit: Callable[[Row], Hit],
) -> SearchSection:
    """A section of objects whose primary keys count nothing and are shown as they are."""

    def rows(actor: Actor, asked: Asked) -> "QuerySet[Any] | None":
        try:
            key = UUID(asked.text)
        except ValueError:
            return None
        return reached(actor).filter(pk=key)

    return SearchSection(name, label, icon, rows, columns, hit, lambda row, asked: True, most=1)


def _meant(actor: Actor, kind: str, text: str) -> int | None:
    number = typed_number(kind, text)
    if number is None and actor.is_administrator and _is_number(text):
        return int(text)
    return number


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER

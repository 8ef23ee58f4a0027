"""What a person sets for their own eyes: language, time zone, appearance, page size. No authority
hangs on it.
"""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import User
from accounts.core.rules import clean_time_zone
from accounts.kit.errors import NotAllowed, Refused

PAGE_SIZES = (25, 50, 100, 250)
DEFAULT_PAGE_SIZE = 50


def page_size(user: User) -> int:
    """Rows per page of lists, as the person chose."""
    chosen = user.preferences.get("page_size")
    return chosen if chosen in PAGE_SIZES else DEFAULT_PAGE_SIZE


def row_density(actor: Actor) -> str:
    """How close rows stand for a person who chose nothing: administrators work in long lists."""
    return User.Density.COMPACT if actor.is_administrator else User.Density.COMFORTABLE


def preferences_set(
    *,
    actor: Actor,
    language: str | None = None,
    time_zone: str | None = None,
    theme: str | None = None,
    density: str | None = None,
    page_size: int | None = None,
) -> User:
    """Change the named preferences of the actor's own login; None leaves as it is. "" as time zone:
    the platform's.

    Raises Refused with the field whose value is unknown, NotAllowed for an actor without a login of
    its own.
    """
    login = _own(actor)
    changed = []
    for field, value, choices in (
        ("language", language, dict(settings.LANGUAGES)),
        ("theme", theme, User.Theme.values),
        ("density", density, User.Density.values),
    ):
        if value is None:
            continue
        if value not in choices:
            raise Refused(_("Choose one of the list."), code="unknown_choice", field=field)
        setattr(login, field, value)
        changed.append(field)
    if time_zone is not None:
        login.time_zone = clean_time_zone(time_zone) if time_zone else ""
        changed.append("time_zone")
    if page_size is not None:
        if page_size not in PAGE_SIZES:
            raise Refused(_("Choose one of the list."), code="unknown_choice", field="page_size")
        login.preferences = {**login.preferences, "page_size": page_size}
        changed.append("preferences")
    if changed:
        login.save(update_fields=changed)
    return login


def preference_remember(*, actor: Actor, key: str, value: Any) -> None:
    """Keep one more thing for the actor's login (the columns of a list, a width …) under `key`, as
    JSON.

    Raises NotAllowed for an actor without a login of its own.
    """
    login = _own(actor)
    login.preferences = {**login.preferences, key: value}
    login.save(update_fields=["preferences"])


def _own(actor: Actor) -> User:
    if actor.user is None or actor.read_only:
        raise NotAllowed(_("These are not your preferences."), code="not_own_login")
    return User.objects.get(pk=actor.user.pk)

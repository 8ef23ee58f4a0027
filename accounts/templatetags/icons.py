"""Symbols of the icon sprite. A tag, for a page has some sixty of them and includes cost more."""

from functools import lru_cache
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from accounts.kit.addresses import sprite
from accounts.kit.markup import format_html

register = template.Library()


@register.simple_tag
def icon(name: Any, colour: Any = "", label: Any = "") -> SafeString:
    """The symbol `name` of the sprite. `colour` are further classes (ok, warn, danger, info, wide);
    `label` is what it means, where no text stands beside it.

    Example: {% icon "lock" "danger" label=_("Locked") %}
    """
    return _drawn(str(name), str(colour or ""), str(label or ""))


@lru_cache(maxsize=1024)
def _drawn(name: str, colour: str, label: str) -> SafeString:
    meaning = format_html('role="img" aria-label="{}"', label) if label else _HIDDEN
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"/></svg>',
        f"i {colour}".strip(),
        meaning,
        sprite(),
        name,
    )


_HIDDEN = mark_safe('aria-hidden="true"')

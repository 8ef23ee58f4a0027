"""Pieces of cells that several lists show. Few elements: a page has hundreds of cells."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.kit.markup import format_html


@lru_cache(maxsize=1024)
def icon(name: str, colour: str = "") -> SafeString:
    """A symbol of the sprite; what it means stands beside it."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f"i {colour}".strip(),
        static("vendor/bootstrap-icons/icons.svg"),
        name,
    )


def link(url: str, text: Any, css: str = "") -> SafeString:
    if not css:
        return format_html('<a href="{}">{}</a>', url, text)
    return format_html('<a class="{}" href="{}">{}</a>', css, url, text)


def quiet(text: Any) -> SafeString:
    return format_html('<span class="muted">{}</span>', text)


def under(text: Any) -> SafeString:
    """A second line of a cell."""
    return format_html('<br><span class="muted small fw-normal">{}</span>', text)


def change(before: Any, after: Any) -> SafeString:
    """A value before and after."""
    return format_html(
        '<span class="change"><del><span class="visually-hidden">{} </span>{}</del>{}'
        '<ins><span class="visually-hidden">{} </span>{}</ins></span>',
        _("was"),
        before or "–",
        icon("arrow"),
        _("becomes"),
        after or "–",
    )


def status(icon_name: str, colour: str, words: Any, css: str = "") -> SafeString:
    """A state as a symbol and a word."""
    classes = f"status {css}".strip()
    return format_html('<span class="{}">{}{}</span>', classes, icon(icon_name, colour), words)


def badge(text: Any, kind: str = "", icon_name: str = "") -> SafeString:
    symbol = icon(icon_name) if icon_name else ""
    return format_html('<span class="{}">{}{}</span>', f"badge-soft {kind}".strip(), symbol, text)


@lru_cache(maxsize=256)
def category_badge(is_agent: bool, language: str | None) -> SafeString:
    """Agent or Account, in the current language, which is named here."""
    return badge(_("Agent"), icon_name="agent") if is_agent else badge(_("Account"), "plain")


def on_card(label: Any, text: Any) -> SafeString:
    """A text that on a card says what it is; in the table its column does."""
    return format_html('<span class="d-sm-none muted">{} </span>{}', label, text)


def time(at: datetime, words: Any) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), words)


class RowMenus:
    """The buttons of rows' menus, each of which is made and fetched when it opens (lists.js). What
    all of them say is asked for once.
    """

    def __init__(self) -> None:
        self._loading = _("Loading…")

    def button(self, url: str, menu_url: str, label: Any) -> SafeString:
        """Without script it leads to `url`, a page that has the same actions."""
        return format_html(
            '<a class="btn btn-bare btn-icon dots" href="{}" role="button" data-row-menu="{}" '
            'data-bs-toggle="dropdown" data-bs-popper-config=\'{{"strategy":"fixed"}}\' '
            'aria-expanded="false" aria-label="{}" hx-get="{}" hx-trigger="click once, focus once" '
            'hx-target="next .dropdown-menu"></a>',
            url,
            self._loading,
            label,
            menu_url,
        )

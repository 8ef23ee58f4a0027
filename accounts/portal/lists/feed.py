"""What is told newest first on a page of its own shape: the same paging, without a table."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.kit.pagination import BY_KEY, BadCursor, Page, page


def newest_first(rows: "QuerySet[Any]", cursor: str, *, size: int) -> Page:
    """The page that a cursor of an address asks for; the first one where it leads nowhere."""
    try:
        return page(rows, BY_KEY, descending=True, size=size, cursor=cursor)
    except BadCursor:
        return page(rows, BY_KEY, descending=True, size=size)


def feed_pager(found: Page, text: str) -> dict[str, Any]:
    """The context of components/_pager.html."""

    def at(cursor: str | None) -> str:
        return f"?{urlencode({'cursor': cursor})}" if cursor else ""

    return {
        "text": text,
        "newer_url": at(found.before),
        "older_url": at(found.after),
        "newer_label": _("Newer"),
        "older_label": _("Older"),
        "first_url": "?",
    }

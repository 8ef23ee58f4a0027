"""Who may come to the addresses of the queue and of re-rating, typed by hand from docs/domain.md
7.
"""

from dataclasses import replace

from tests.support.urls_kinds import (
    ADMINISTRATORS,
    OF_ADMINISTRATORS,
    Address,
    asking,
    looking,
)

_LISTS = ("", "?reason=no_group&level=Agent", "?reason=no_rate&missing=88&account=Agent&size=25")
_MENDED = replace(OF_ADMINISTRATORS, names="call record")
_FILES = ("?format=csv", "?format=xlsx&reason=no_rate&missing=88&account=Agent")
_RERATING = replace(ADMINISTRATORS, names="re-rating")

QUEUE: dict[str, Address] = {
    "billing:call-queue": looking("level", "account", "cursor", variants=_LISTS),
    "billing:call-queue-export": looking("level", "account", variants=_FILES),
    "billing:call-queue-again": asking("manage_account", names="", is_post_only=True),
    "billing:call-record": replace(looking(names="call record"), is_for_keepers=True),
    "billing:call-record-again": asking(
        "manage_account", names="call record", is_post_only=True, is_for_keepers=True
    ),
    "billing:call-record-assign": replace(_MENDED, fields=("account",)),
    "billing:call-record-correct": _MENDED,
    "billing:call-record-write-off": _MENDED,
    "billing:reratings": replace(ADMINISTRATORS, queries=("cursor",)),
    "billing:rerating-new": replace(
        ADMINISTRATORS, fields=("accounts",), variants=("", "?prefix=88&since=x&group=y")
    ),
    "billing:rerating": replace(_RERATING, queries=("q", "cursor")),
    "billing:rerating-again": replace(_RERATING, is_post_only=True),
    "billing:rerating-state": replace(_RERATING, variants=("?seen=checking",)),
    "billing:rerating-export": replace(_RERATING, variants=("?format=csv", "?format=xlsx")),
}

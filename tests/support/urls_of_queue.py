"""Who may come to the addresses of the queue, typed by hand from docs/domain.md 7."""

from dataclasses import replace

from tests.support.urls_kinds import OF_ADMINISTRATORS, Address, asking, looking

_LISTS = ("", "?reason=no_group&level=Agent", "?reason=no_rate&missing=88&account=Agent&size=25")
_MENDED = replace(OF_ADMINISTRATORS, names="call record")

QUEUE: dict[str, Address] = {
    "billing:call-queue": looking("level", "account", "cursor", variants=_LISTS),
    "billing:call-queue-again": asking("manage_account", names="", is_post_only=True),
    "billing:call-record": replace(looking(names="call record"), is_for_keepers=True),
    "billing:call-record-again": asking(
        "manage_account", names="call record", is_post_only=True, is_for_keepers=True
    ),
    "billing:call-record-assign": replace(_MENDED, fields=("account",)),
    "billing:call-record-correct": _MENDED,
    "billing:call-record-write-off": _MENDED,
}

"""Who may come to the addresses of call records, typed by hand from docs/domain.md 7."""

from dataclasses import replace

from tests.support.urls_kinds import ADMINISTRATORS, Address

CALLS: dict[str, Address] = {
    "billing:call-import": ADMINISTRATORS,
    "billing:call-files": replace(ADMINISTRATORS, variants=("", "?page=2")),
    "billing:call-sample": ADMINISTRATORS,
}

"""Who may come to reports, typed by hand from docs/domain.md 9."""

from tests.support.urls_kinds import Address, looking

_NAMES = (
    "income", "accounts", "destinations", "gateways", "quality", "consumption", "volumes", "unused",
)  # fmt: skip
_PAGES = ("", "?period=yesterday&zone=Asia/Dhaka", "?account=Sub-001&from=2027-01-01&to=2027-01-09")
_FILES = ("?format=csv", "?format=xlsx&by=account")

REPORTS: dict[str, Address] = {
    "billing:reports": looking("account", variants=("", "?period=last-week&zone=UTC")),
    **{f"billing:report-{one}": looking("account", variants=_PAGES) for one in _NAMES},
    "billing:report-income": looking(
        "account", variants=(*_PAGES, "?by=destination", "?by=account&period=last-month")
    ),
    **{f"billing:report-{one}-export": looking("account", variants=_FILES) for one in _NAMES},
}

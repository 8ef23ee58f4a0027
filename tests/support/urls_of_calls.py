"""Who may come to the addresses of call records, typed by hand from docs/domain.md 7."""

from dataclasses import replace

from tests.support.urls_kinds import ADMINISTRATORS, POSTED, Address, asking, looking

_LISTS = (
    "",
    "?show=all&period=week&sort=setup&size=25",
    "?show=all&q=8801711&result=failed&gateway=gw&amount_from=1&locked=yes&account=Agent",
)
_FILES = ("?format=csv", "?format=xlsx&show=all&period=week")
_RUNNING = ("", "?show=all&state=soon&sort=up&size=25", "?q=8801711&state=lost&ways=mapping")
_TRIED = ("", "?number=8801711000000", "?via=203.0.113.9&number=8801711000000&shown=88")

CALLS: dict[str, Address] = {
    "billing:call-import": ADMINISTRATORS,
    "billing:call-files": replace(ADMINISTRATORS, variants=("", "?page=2")),
    "billing:call-sample": ADMINISTRATORS,
    "billing:calls": looking("q", "account", "gateway", "cursor", variants=_LISTS),
    "billing:call-columns": POSTED,
    "billing:calls-export": looking("q", "account", "gateway", variants=_FILES),
    "billing:account-calls": looking(
        "q", "account", "gateway", "cursor", names="account", variants=_LISTS
    ),
    "billing:account-calls-export": looking(
        "q", "account", "gateway", names="account", variants=_FILES
    ),
    "billing:call": looking(names="call"),
    "billing:running-calls": looking("q", "account", "gateway", "cursor", variants=_RUNNING),
    "billing:running-calls-export": looking(
        "q", "account", "gateway", variants=("?format=csv", "?format=xlsx&show=all&state=over")
    ),
    "billing:account-running-calls-export": looking(
        "q", "account", "gateway", names="account", variants=("?format=csv", "?format=xlsx")
    ),
    "billing:running-calls-state": looking("q", "account", "gateway", variants=_RUNNING),
    "billing:account-running-calls": looking(
        "q", "account", "gateway", "cursor", names="account", variants=_RUNNING
    ),
    "billing:account-running-calls-state": looking(
        "q", "account", "gateway", names="account", variants=_RUNNING
    ),
    "billing:running-call-cut": asking("modify_gateway_information", names="running call"),
    "try-call": looking("account", "via", variants=_TRIED),
}

"""Who may come to the lists of authorizations, requests and approvals, typed by hand from
docs/domain.md 3.
"""

from dataclasses import replace

from tests.support.urls_kinds import PORTAL, REQUEST, Address, asking, looking

_FILES = ("?show=all&format=csv", "?show=all&format=xlsx&columns=all")

RIGHTS: dict[str, Address] = {
    "reviews": looking("q", "agent", variants=("", "?show=due", "?show=all&risk=high")),
    "reviews-export": looking("q", "agent", variants=("?show=all&format=csv",)),
    "rights": looking(
        "q", variants=("", "?who=all&differs=on", "?code=manage_phone&held=no&q=sub")
    ),
    "rights-export": looking("q", variants=("?who=all&format=csv", "?format=xlsx")),
    "accounts:authorization-matrix": looking(
        "q", names="account", variants=("?sort=account_id", "?differs=on&q=sub")
    ),
    "accounts:authorization-matrix-export": looking(
        "q", names="account", variants=("?format=csv", "?format=xlsx")
    ),
    "check-access": looking(
        "who",
        "target",
        variants=(
            "",
            "?who=Sub-001&deed=manage_phone&target=Agent",
            "?who=Sub-001&deed=call&number=8801711000000",
        ),
    ),
    "templates": asking(
        "manage_account",
        names="",
        queries=("q",),
        variants=("", "?kind=tier&q=a", "?owner=own&use=none", "?code=manage_phone"),
    ),
    # Sub-agent approval
    "approvals": looking(
        "q", "cursor", variants=("", "?show=decided", "?show=all&q=sub", "?show=void&kind=move")
    ),
    "approvals-export": looking("q", variants=_FILES),
    "approval": REQUEST,
    # Requests for authorizations
    "authorization-requests": looking(
        "q", "cursor", variants=("", "?show=answered", "?show=all&q=sub", "?code=manage_phone")
    ),
    "authorization-requests-export": looking("q", variants=_FILES),
    "authorization-request-new": replace(PORTAL, variants=("?code=manage_gateway", "")),
    "authorization-request": REQUEST,
}

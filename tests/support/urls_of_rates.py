"""Who may come to the addresses of rate groups, typed by hand from docs/domain.md 7."""

from dataclasses import replace

from tests.support.urls_kinds import PORTAL, Address, asking, looking

# A group that is not shared is its owner's alone.
_SEEN = replace(looking(names="rate group"), is_own_only=True)
_KEPT = asking("manage_account", names="rate group", is_own_only=True)
_LISTS = ("", "?q=a&owner=own", "?owner=others&sort=-name&size=25")
_RATES = ("", "?when=ended&sort=-price", "?when=coming&q=88&size=25", "?number=880171&at=")

RATES: dict[str, Address] = {
    "billing:rate-groups": replace(PORTAL, queries=("q", "cursor"), variants=_LISTS),
    "billing:rate-groups-export": replace(
        PORTAL, queries=("q",), variants=("?format=csv", "?format=xlsx&owner=own")
    ),
    "billing:rate-group-new": asking("manage_account", names=""),
    "billing:rate-compare": PORTAL,
    "billing:rate-compare-export": PORTAL,
    "billing:rate-below-cost": _SEEN,
    "billing:rate-group": replace(_SEEN, queries=("q", "cursor"), variants=_RATES),
    "billing:rate-group-edit": _KEPT,
    "billing:rate-group-copy": _KEPT,
    "billing:rate-group-delete": _KEPT,
    "billing:rate-group-tiers": _KEPT,
    "billing:rate-corrections": _KEPT,
    "billing:rate-correction-remove": _KEPT,
    "billing:rate-new": _KEPT,
    "billing:rates-many": _KEPT,
    "billing:rate": _SEEN,
    "billing:rate-change": _KEPT,
    "billing:rate-price": _KEPT,
    "billing:rate-end": _KEPT,
    "billing:rate-lock": _KEPT,
    "billing:rate-group-import": _KEPT,
    "billing:rate-group-export": replace(_SEEN, variants=("?format=csv", "?format=xlsx")),
    "billing:rate-import": replace(
        _KEPT, queries=("q", "cursor"), variants=("", "?kind=refused", "?sort=-line&q=88&size=25")
    ),
    "billing:rate-import-state": replace(_KEPT, variants=("?seen=checking",)),
    "billing:rate-import-undo": _KEPT,
    "billing:rate-import-refused-export": replace(_KEPT, variants=("?format=csv", "?format=xlsx")),
}

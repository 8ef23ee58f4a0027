"""Checks of rates: no two could apply at once, and nobody buys at a group from elsewhere."""

from django.db.models import F

from accounts.kit.findings import Findings
from billing.rates.models import Rate
from billing.rates.rating import Rate as PlainRate
from billing.wallets.models import Wallet

# Of what a check found.
_SHOWN = 10


def rates_found() -> Findings:
    """Whether no two rates of a group can apply at once, and nobody buys at a group of an agent
    that is not above it. A fixed number of queries.
    """
    problems = []
    if collisions := _collisions():
        problems.append(f"rates that could apply at once: {', '.join(collisions)}")
    if astray := _astray():
        problems.append(f"accounts that buy at a group from elsewhere: {', '.join(astray)}")
    counted = Rate.objects.standing().count()
    return Findings.of(problems, besides=[f"{counted} rates."])


def _collisions() -> list[str]:
    """Prefixes with rates that could apply at once, each with its group; the first of them."""
    rates = Rate.objects.standing().order_by("group_id", "prefix", "effective_from", "pk")
    found: list[str] = []
    current: tuple[int, str] | None = None
    known: list[PlainRate] = []
    for one in rates.select_related("group").iterator(chunk_size=5000):
        plain = one.plain
        if current != (one.group_id, one.prefix):
            current, known = (one.group_id, one.prefix), []
        if any(plain.collides(other) for other in known):
            found.append(f"{one.group.name} {one.prefix}")
        # What has ended by now meets none of those that follow.
        known = [other for other in known if other.until is None or other.until > plain.since]
        known.append(plain)
        if len(found) == _SHOWN:
            break
    return found


def _astray() -> list[str]:
    wallets = Wallet.objects.filter(rate_group__owner__isnull=False).exclude(
        rate_group__owner__tree_id=F("account__tree_id"),
        rate_group__owner__lft__lt=F("account__lft"),
        rate_group__owner__rght__gt=F("account__rght"),
    )
    return list(wallets.order_by("pk").values_list("account__account_id", flat=True)[:_SHOWN])

"""The price lists of the demo: a carrier's, the platform's, and one of every business. Prefixes are
real ones (library phonenumbers), prices are invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from hashlib import blake2b

from django.utils import timezone
from phonenumbers.carrierdata import CARRIER_DATA

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.numbers.places import country_codes
from billing.handing_out.services.terms import terms_set
from billing.rates.drafts import MarkUp, RateDraft
from billing.rates.periods import read_period
from billing.rates.services.groups import group_create, tiers_set
from billing.rates.services.loading import rates_load
from billing.wallets.models import RateGroup

CARRIER, PLATFORM = "Carrier A–Z", "Wholesale World"
_CARRIER_OF_ASIA, _ASIA = "SG-Carrier-Clearing", "Carrier Asia"
# Countries whose mobile networks have prices of their own.
_HOMES = ("880", "91", "49", "44", "971", "254", "63", "20", "55")
_NETWORKS = 12
_SATELLITE = ("870", "881", "882", "883")
_SINCE = timedelta(days=90)


@dataclass(frozen=True)
class DemoDeck:
    """The prices of a business, by how much they are above those of the platform."""

    account_id: str
    name: str
    time_zone: str
    mark_up: MarkUp
    blocks: tuple[int, int] = (60, 60)
    # Hours with a price of their own, and what part of the usual one that is.
    off_peak: str = ""
    off_peak_part: Decimal = Decimal(1)
    # Sold for less than it costs, until somebody notices.
    below_cost: str = ""


def plan() -> Iterator[DemoDeck]:
    yield DemoDeck(
        "BD-Wholesale-Agent", "BDW Retail A", "Asia/Dhaka", MarkUp(Decimal(22), decimals=4),
        (30, 6), below_cost="88019",
    )  # fmt: skip
    yield DemoDeck(
        "Dhaka-Retail-Sub", "Dhaka Retail Std", "Asia/Dhaka", MarkUp(Decimal(55), decimals=4)
    )
    yield DemoDeck(
        "Master-Agent-2", "Master 2 Retail", "Africa/Nairobi", MarkUp(Decimal(30), decimals=4)
    )
    yield DemoDeck(
        "IN-Retail-Lakshmi", "Lakshmi Shops", "Asia/Kolkata", MarkUp(Decimal(35), decimals=4),
        (30, 30),
    )  # fmt: skip
    yield DemoDeck(
        "DE-Wholesale-Nordlicht", "Nordlicht Trunks", "Europe/Berlin",
        MarkUp(Decimal(12), decimals=5), (1, 1),
    )  # fmt: skip
    yield DemoDeck(
        "GB-Card-Operator", "Thames Cards", "Europe/London",
        MarkUp(Decimal(60), Decimal("0.005"), decimals=3, is_up=True),
        off_peak="mon-sun 19:00-07:00", off_peak_part=Decimal("0.75"),
    )  # fmt: skip
    yield DemoDeck(
        "AE-Multi-Gulfbridge", "Gulfbridge Offices", "Asia/Dubai", MarkUp(Decimal(28), decimals=4)
    )


def price_all() -> None:
    """Make the price lists there are not yet, and let every account buy at one."""
    if RateGroup.objects.filter(owner=None, name=PLATFORM).exists():
        return
    carrier = group_create(actor=SYSTEM, name=CARRIER, memo="What the carrier asks")
    rates_load(actor=SYSTEM, group=carrier, drafts=_drafts(MarkUp(), (1, 1)))
    asia = group_create(actor=SYSTEM, name=_ASIA, memo="What the carrier in Singapore asks")
    rates_load(actor=SYSTEM, group=asia, drafts=_drafts(MarkUp(Decimal(4), decimals=4), (1, 1)))
    carriers = {"EU-Carrier-Clearing": carrier, _CARRIER_OF_ASIA: asia}
    platform = group_create(
        actor=SYSTEM, name=PLATFORM, is_shared=True, memo="What top-level accounts pay"
    )
    above_carrier = MarkUp(Decimal(15), decimals=5)
    rates_load(actor=SYSTEM, group=platform, drafts=_drafts(above_carrier, (1, 1)))
    tiers_set(actor=SYSTEM, group=platform, tiers=[(1_000, 100), (5_000, 250)])
    owned = {one.account_id: _made(one) for one in plan()}
    for account in Account.objects.exclude(status=Account.Status.CLOSED).order_by("tree_id", "lft"):
        group = carriers.get(account.account_id) or _bought_at(account, owned) or platform
        # It bought there from its first day on.
        terms_set(actor=SYSTEM, account=account, rate_group=group, at=account.created_at)


def _made(deck: DemoDeck) -> RateGroup:
    group = group_create(
        actor=SYSTEM,
        owner=Account.objects.get(account_id=deck.account_id),
        name=deck.name,
        time_zone=deck.time_zone,
    )
    drafts = _drafts(deck.mark_up, deck.blocks)
    if deck.below_cost:
        drafts = [
            one.priced(one.price / 2, one.connection_fee) if one.prefix == deck.below_cost else one
            for one in drafts
        ]
    rates_load(actor=SYSTEM, group=group, drafts=drafts)
    if deck.off_peak:
        rates_load(actor=SYSTEM, group=group, drafts=list(_off_peak(deck, drafts)))
    return group


def _bought_at(account: Account, owned: dict[str, RateGroup]) -> RateGroup | None:
    """The list of the nearest agent above that has one of its own."""
    for agent in account.get_ancestors(ascending=True):
        if agent.account_id in owned:
            return owned[agent.account_id]
    return None


def _drafts(mark_up: MarkUp, blocks: tuple[int, int]) -> list[RateDraft]:
    first, step = blocks
    since = timezone.now() - _SINCE
    return [
        RateDraft(
            prefix,
            mark_up.of_price(_price(prefix)),
            destination,
            first_block=first,
            increment=step,
            since=since,
            is_locked=prefix in _SATELLITE,
        )
        for prefix, destination in destinations()
    ]


def _off_peak(deck: DemoDeck, drafts: list[RateDraft]) -> Iterator[RateDraft]:
    """Cheaper hours for the countries of the demo."""
    period = read_period(deck.off_peak)
    for one in drafts:
        if one.prefix in _HOMES:
            price = (one.price * deck.off_peak_part).quantize(Decimal("0.001"), ROUND_HALF_UP)
            yield RateDraft(
                one.prefix, price, one.destination, first_block=one.first_block,
                increment=one.increment, since=one.since, period=period,
            )  # fmt: skip


@cache
def destinations() -> tuple[tuple[str, str], ...]:
    """Every calling code, and mobile networks of the countries of the demo."""
    found = dict(country_codes()) | dict.fromkeys(_SATELLITE, "Satellite")
    for home in _HOMES:
        networks = sorted(
            prefix
            for prefix in CARRIER_DATA
            if prefix.startswith(home) and len(home) + 2 <= len(prefix) <= len(home) + 3
        )
        for prefix in networks[:: max(len(networks) // _NETWORKS, 1)][:_NETWORKS]:
            carrier = CARRIER_DATA[prefix].get("en", "")
            found[prefix] = f"{found.get(home, home)} mobile {carrier}".strip()[:100]
    return tuple(sorted(found.items()))


def _price(prefix: str) -> Decimal:
    """An invented price, the same in every demo: mobile networks are dearer than their country."""
    dice = int.from_bytes(blake2b(prefix.encode(), digest_size=2).digest()) / 65_536
    base = 0.004 + dice * (0.03 if len(prefix) > 3 else 0.02)
    if prefix in _SATELLITE:
        base = 4 + dice
    return Decimal(str(round(base, 4)))

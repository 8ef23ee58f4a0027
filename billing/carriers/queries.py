"""What is ruled about carriers, and what there is of them. Everything but the rules along a way is
for administrators, and every reader asks for the actor.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, ChainLink, chains
from accounts.gateways.models import Gateway
from accounts.gateways.queries import gateways_of
from accounts.kit.prepared import Prepared, padded
from billing.carriers.mapping import Rules, rules_of
from billing.carriers.models import CarrierEntry, CarrierPolicy
from billing.holds.queries import running_of, up_among
from billing.reports.figures import NONE, Figures, summed
from billing.reports.periods import last_days, so_far
from billing.reports.queries.accounts import Consumption
from billing.reports.queries.figures import cost_by_carrier
from billing.reports.queries.gateways import gateway_figures
from billing.wallets.models import Wallet

# What a carrier costs a day is taken from so many days before today.
PACE_DAYS = 7


def rules_along(links: Sequence[ChainLink]) -> Rules:
    """What is ruled along a way that begins with the account itself, for whoever asks: a switch,
    and administrators. One query.
    """
    way = [link.pk for link in links]
    return rules_of(way, _RULES.rows((), *padded(way))) if way else Rules()


def _rules(_shape: Any, *pks: int) -> "QuerySet[CarrierPolicy, Any]":
    rows = CarrierPolicy.objects.filter(pk__in=pks).order_by()
    found: QuerySet[CarrierPolicy, Any] = rows.values_list(
        "pk", "uses", "guard", "entries__carrier_id", "entries__gateway_id"
    )
    return found


_RULES = Prepared(_rules)


def carriers_of(actor: Actor) -> AccountQuerySet:
    """Clearing accounts that are open, for administrators; none for anybody else."""
    reached: AccountQuerySet = Account.objects.within(actor.scope)
    if not actor.is_administrator:
        return reached.none()
    return reached.filter(type=Account.Type.CLEARING).exclude(status=Account.Status.CLOSED)


def carriers_matching(carriers: AccountQuerySet, text: str) -> AccountQuerySet:
    """Those of some carriers whose id or name, or the name of a gateway to them, holds a text."""
    if not text:
        return carriers
    named = Gateway.objects.filter(direction=Gateway.Direction.ROUTING, name__icontains=text)
    own = Q(account_id__icontains=text) | Q(name__icontains=text)
    return carriers.filter(own | Q(pk__in=named.values("account")))


def routing_gateways_of(actor: Actor, carriers: Iterable[Account]) -> dict[int, list[Gateway]]:
    """The gateways to these carriers, by carrier and in the order in which they are tried. Two
    queries.
    """
    found: dict[int, list[Gateway]] = {one.pk: [] for one in carriers}
    rows = gateways_of(actor).filter(account__in=list(found), direction=Gateway.Direction.ROUTING)
    for one in rows.order_by("priority", "name"):
        found[one.account_id].append(one)
    return found


@dataclass(frozen=True)
class GatewaySeen:
    """A gateway to a carrier: what is up, and what it sent today."""

    gateway: Gateway
    calls: int
    figures: Figures


@dataclass(frozen=True)
class CarrierSeen:
    """A carrier today, beside what it costs a day."""

    account: Account
    wallet: Wallet
    gateways: Sequence[GatewaySeen]
    cost: Figures
    pace: Consumption

    @property
    def quality(self) -> Figures:
        """Of the calls that went out by its gateways."""
        return summed(one.figures for one in self.gateways)

    @property
    def has_money(self) -> bool:
        """Whether calls go out there: a carrier that has nothing left is skipped."""
        available = self.wallet.available
        return available is None or available > 0


def carriers_seen(
    actor: Actor, carriers: Sequence[Account], now: datetime, zone: ZoneInfo
) -> list[CarrierSeen]:
    """Carriers of `carriers_of` with everything that their pages show, by the clocks of a zone.
    Seven queries at most, however many they are; the figures are those of reports.
    """
    if not carriers:
        return []
    today, _yesterday = so_far(now, zone)
    week = last_days(now.astimezone(zone).date(), PACE_DAYS, zone)
    cost, pace = cost_by_carrier(today).now, cost_by_carrier(week).now
    sent = {one.name: one.beside.now for one in gateway_figures(actor, None, today)}
    gateways = routing_gateways_of(actor, carriers)
    wallets = Wallet.objects.select_related("rate_group").in_bulk([one.pk for one in carriers])
    rows = up_among(running_of(actor)).exclude(routing_gateway="").order_by()
    up = dict(rows.values_list("routing_gateway").annotate(Count("pk")))
    return [
        CarrierSeen(
            one,
            wallets[one.pk],
            [
                GatewaySeen(each, up.get(each.name, 0), sent.get(each.name, NONE))
                for each in gateways[one.pk]
            ],
            cost.get(one.pk, NONE),
            Consumption(one, wallets[one.pk], pace.get(one.pk, NONE), PACE_DAYS),
        )
        for one in carriers
    ]


@dataclass(frozen=True)
class Mapped:
    """An account with a rule of its own that names a carrier, or is about all of them."""

    account: Account
    policy: CarrierPolicy
    # Of the carrier that is asked about.
    is_whole: bool
    gateways: Sequence[str]


def policy_of(actor: Actor, account: Account) -> tuple[CarrierPolicy | None, list[CarrierEntry]]:
    """What is ruled on this very account, for administrators. Two queries."""
    if not actor.is_administrator:
        return None, []
    policy = CarrierPolicy.objects.filter(pk=account.pk).first()
    if policy is None:
        return None, []
    return policy, list(policy.entries.select_related("carrier", "gateway").order_by("pk"))


def policies_of(actor: Actor, most: int) -> tuple[list[Account], dict[int, Rules]]:
    """Accounts with rules of their own, as they nest, and what counts for each of them, by key: for
    administrators. Three queries.
    """
    if not actor.is_administrator:
        return [], {}
    reached: AccountQuerySet = Account.objects.within(actor.scope)
    ruled = reached.filter(carrier_policy__isnull=False).exclude(
        carrier_policy__uses="", carrier_policy__guard=""
    )
    accounts = list(ruled.in_tree_order()[:most])
    ways = chains(one.pk for one in accounts)
    pks = {link.pk for way in ways.values() for link in way}
    rows = list(_rules((), *pks))
    found = {pk: rules_of([link.pk for link in way[::-1]], rows) for pk, way in ways.items()}
    return accounts, found


def mapped_to(actor: Actor, carrier: Account, most: int) -> list[Mapped]:
    """Who has a rule that names the carrier or a gateway of it, as they nest. Three queries."""
    if not actor.is_administrator:
        return []
    named = CarrierEntry.objects.filter(carrier=carrier) | CarrierEntry.objects.filter(
        gateway__account=carrier
    )
    rows = CarrierPolicy.objects.filter(pk__in=named.values("policy")).exclude(uses="")
    rows = rows.select_related("account").prefetch_related("entries__gateway")
    found = []
    for one in rows.order_by("account__tree_id", "account__lft")[:most]:
        entries = list(one.entries.all())
        whole = any(each.carrier_id == carrier.pk for each in entries)
        gateways = sorted(
            each.gateway.name
            for each in entries
            if each.gateway and each.gateway.account_id == carrier.pk
        )
        found.append(Mapped(one.account, one, whole, gateways))
    return found

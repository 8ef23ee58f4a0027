"""By which carriers a call may go out: gateways that take the number, are at work and have room, of
carriers with money left that the caller may use (docs/domain.md 7). What is read here is weighed in
`choosing`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.core.models import Account
from accounts.core.querysets import ChainLink
from accounts.gateways.carrying import Carries
from accounts.gateways.models import Gateway, GatewayAddress
from accounts.gateways.rewriting import rewritten
from accounts.gateways.windows import Window, calls_at
from accounts.kit.prepared import Prepared
from billing.carriers.mapping import Rules
from billing.carriers.queries import rules_along
from billing.holds.models import RunningCall
from billing.money import to_micros
from billing.rates.pricing import Price
from billing.rates.queries.plain import plain_rates_for
from billing.rates.rating import Rate, applying
from vosportal.switch.choosing import Considered, Way, in_order


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call may go out, and the numbers as they go out there."""

    gateway: str
    host: str
    port: int
    protocol: str
    transport: str
    caller: str
    callee: str

    @property
    def answer(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Choice:
    """The routes of a call in the order in which they are tried, and all that was considered: these
    first, then what was skipped. `carriers` are the account ids of clearing accounts.
    """

    routes: Sequence[Route] = ()
    considered: Sequence[Considered] = ()
    carriers: dict[int, str] | None = None
    rules: Rules = Rules()


class _Found(NamedTuple):
    """A gateway that carries the number, as it is read."""

    pk: int
    name: str
    carrier: int
    carrier_id: str
    status: str
    valid_until: datetime | None
    zone: str
    is_locked: bool
    capacity: int
    windows: Sequence[str]
    priority: int
    weight: int
    host: str
    port: int
    protocol: str
    transport: str
    prefixes: Sequence[str]
    caller_rewrites: Sequence[str]
    callee_rewrites: Sequence[str]
    group: int | None
    group_zone: str | None
    is_unlimited: bool | None
    balance: Decimal | None
    credit_limit: Decimal | None
    held: Decimal | None
    ceiling: int | None
    address: str | None
    calls: int


def choose(
    number: str,
    caller: str,
    now: datetime,
    *,
    links: Sequence[ChainLink] = (),
    paid: Price | None = None,
    call_id: str = "",
) -> Choice:
    """By which carriers a number may be called: `links` lead from the caller's account to its root,
    which pays `paid`. Three queries, however many gateways, carriers and rules there are.
    """
    found = [_Found(*row) for row in _CARRYING.rows((), number)]
    if not found:
        return Choice()
    rules = rules_along(links)
    rates = _rates(found, number, now)
    considered = in_order(
        (_way(one, number, now, rates.get(one.group)) for one in found), rules, paid, call_id
    )
    by_key = {one.pk: one for one in found}
    taken = [by_key[one.way.gateway] for one in considered if one.skip is None]
    routes = [_route(one, number, caller) for one in taken]
    return Choice(routes, considered, {one.carrier: one.carrier_id for one in found}, rules)


def _carrying(_shape: Any, number: str) -> "QuerySet[Gateway, Any]":
    """Every routing gateway that takes the number, with its clearing account, its first address and
    the calls it has.
    """
    # Not a network: nobody can be called there.
    address = GatewayAddress.objects.filter(gateway=OuterRef("pk"), first=F("last"))
    calls = (
        RunningCall.objects.up()
        .filter(routing_gateway=OuterRef("name"))
        .exclude(routing_gateway="")
    )
    count = calls.order_by().values("routing_gateway").annotate(n=Count("pk")).values("n")
    rows = Gateway.objects.filter(Carries(number), direction=Gateway.Direction.ROUTING)
    columns = (
        "pk", "name", "account_id", "account__account_id", "account__status",
        "account__valid_until", "account__time_zone", "is_locked", "capacity", "windows",
        "priority", "weight", "host", "port", "protocol", "transport", "prefixes",
        "caller_rewrites", "callee_rewrites", "account__wallet__rate_group_id",
        "account__wallet__rate_group__time_zone", "account__wallet__is_unlimited",
        "account__wallet__balance", "account__wallet__credit_limit", "account__wallet__held",
        "account__gateway_ceiling__calls",
    )  # fmt: skip
    found: QuerySet[Gateway, Any] = rows.order_by("pk").values_list(
        *columns,
        Subquery(address.order_by("pk").values("text")[:1]),
        Coalesce(Subquery(count, output_field=IntegerField()), 0),
    )
    return found


# The index of calls by routing gateway is of calls that have one: its condition has to be known.
_CARRYING = Prepared(_carrying, is_spelled_out=True)


def _rates(found: Iterable[_Found], number: str, now: datetime) -> dict[int | None, Rate | None]:
    """The rate of the number by the groups of the carriers. One query."""
    zones = {one.group: one.group_zone for one in found if one.group is not None}
    return {
        group: applying(rates, number, now, ZoneInfo(zones[group] or "UTC"))
        for group, rates in plain_rates_for(list(zones), number, now).items()
    }


def _way(one: _Found, number: str, now: datetime, rate: Rate | None) -> Way:
    is_expired = one.valid_until is not None and one.valid_until <= now
    fitting = (each for each in one.prefixes if number.startswith(each))
    return Way(
        one.pk,
        one.name,
        one.carrier,
        one.priority,
        one.weight,
        prefix=max(fitting, key=len, default=""),
        is_locked=one.is_locked,
        is_stopped=is_expired or one.status != Account.Status.ACTIVE,
        has_address=bool(one.host or one.address),
        calls=one.calls,
        room=_room(one, now),
        left=_left(one),
        price=rate.price if rate else None,
        is_price_locked=rate is not None and rate.is_locked,
    )


def _left(one: _Found) -> int | None:
    if one.is_unlimited:
        return None
    parts = (one.balance, one.credit_limit, one.held)
    balance, credit_limit, held = (each or Decimal(0) for each in parts)
    return to_micros(balance + credit_limit - held)


def _room(one: _Found, now: datetime) -> int:
    windows = [Window.read(each) for each in one.windows]
    local = now.astimezone(ZoneInfo(one.zone)) if windows else now
    room = calls_at(one.capacity, windows, local)
    return room if one.ceiling is None else min(room, one.ceiling)


def _route(one: _Found, number: str, caller: str) -> Route:
    return Route(
        one.name,
        one.host or one.address or "",
        one.port,
        one.protocol,
        one.transport,
        rewritten(caller, one.caller_rewrites),
        rewritten(number, one.callee_rewrites),
    )

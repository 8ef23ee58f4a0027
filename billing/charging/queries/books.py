"""What charging reads: who is named, where they stood, and the rates of their groups."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models.functions import Lower

from accounts.core.models import Account, AuditEntry
from accounts.gateways.models import Gateway
from accounts.kit.batches import batched
from accounts.kit.binary import Strings
from accounts.phones.models import Phone
from billing.calls.models import LegKey
from billing.charging.deciding import Books, Case, Equipment, Payer, Place
from billing.charging.tariffs import Correction, Tariff
from billing.rates.models import Rate, RateCorrection
from billing.rates.queries.plain import plain_rates_of
from billing.rates.rating import Rate as PlainRate
from billing.wallets.models import RateGroup, Standing

T = TypeVar("T")

# Names and keys that are asked about in one statement.
_AT_ONCE = 5000
# Rates that are kept ready at most, of all groups together: some 600 bytes each.
_MOST_RATES = 500_000


def books(
    cases: Collection[Case], *, accounts: Iterable[int] = (), gateways: Iterable[str] = ()
) -> Books:
    """What has to be known to charge these legs; `accounts` and names of `gateways`: who else is
    known to be concerned. A few queries for each level of the deepest tree, however many legs there
    are.
    """
    phones = _phones({one.record.phone.lower() for one in cases if one.record.phone})
    of_cases = (n for one in cases for n in (one.record.gateway, one.record.routing_gateway))
    equipment = _gateways(name.lower() for name in (*of_cases, *gateways) if name)
    named = {(one.assigned or one.record.account).lower() for one in cases} - {""}
    by_name = _accounts(named)
    pks = {*by_name.values(), *phones.values(), *(one.account for one in equipment.values())}
    given = [one.authorized for one in cases if one.authorized]
    pks |= {account for one in given for account, _place in one.chain}
    places = places_of(pks.union(accounts))
    rates = _rates({key for one in given for key in one.rates})
    return Books(by_name, payers_of(places), phones, equipment, places, rates)


def _rates(keys: Collection[int]) -> dict[int, PlainRate]:
    found: dict[int, PlainRate] = {}
    for some in batched(keys, _AT_ONCE):
        found.update((one.pk, one.plain) for one in Rate.objects.filter(pk__among=some))
    return found


def _accounts(names: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in batched(names, _AT_ONCE):
        rows = Account.objects.filter(account_id__lower__among=some).order_by()
        found.update(rows.annotate(key=Lower("account_id")).values_list("key", "pk"))
    return found


def _phones(numbers: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in batched(numbers, _AT_ONCE):
        found.update(Phone.objects.filter(number__among=some).values_list("number", "account_id"))
    return found


def _gateways(names: Iterable[str]) -> dict[str, Equipment]:
    found: dict[str, Equipment] = {}
    for some in batched(sorted(set(names)), _AT_ONCE):
        for one in Gateway.objects.filter(name__lower__among=some):
            is_routing = one.direction == Gateway.Direction.ROUTING
            rewrites = tuple(one.callee_rewrites)
            found[one.name.lower()] = Equipment(one.name, one.account_id, is_routing, rewrites)
    return found


def places_of(pks: Collection[int]) -> dict[int, list[Place]]:
    """Where these accounts stood since they were made, and every agent they ever stood below."""
    found: dict[int, list[Place]] = {}
    left = set(pks)
    while left:
        for some in batched(sorted(left), _AT_ONCE):
            rows = Standing.objects.filter(account__pk__among=some).order_by("account", "since")
            row: Any
            for row in rows.values_list("account_id", "since", "agent_id", "rate_group_id"):
                found.setdefault(row[0], []).append(Place(*row[1:]))
        agents = {place.agent for pk in left for place in found.get(pk, ()) if place.agent}
        left = agents.difference(found)
    return found


def payers_of(pks: Collection[int]) -> dict[int, Payer]:
    """The accounts of these keys."""
    found: dict[int, Payer] = {}
    for some in batched(sorted(pks), _AT_ONCE):
        rows = Account.objects.filter(pk__among=some).order_by()
        for pk, name, status, model, zone in rows.values_list(
            "pk", "account_id", "status", "ctd_billing_model", "time_zone"
        ):
            is_closed = status == Account.Status.CLOSED
            is_flow = model == Account.BillingModel.FLOW
            found[pk] = Payer(pk, name, is_closed, is_flow, ZoneInfo(zone))
    return found


def with_former_zones(known: Books) -> Books:
    """The same, with the time zones that these accounts had before, as it is on record."""
    found: dict[int, list[tuple[datetime, ZoneInfo]]] = {}
    for some in batched(sorted(known.payers), _AT_ONCE):
        edits = AuditEntry.objects.filter(
            account_pk__in=some, action="account.edit", before__has_key="time_zone"
        )
        for pk, at, before in edits.order_by("pk").values_list("account_pk", "at", "before"):
            found.setdefault(pk or 0, []).append((at, ZoneInfo(before["time_zone"])))
    return replace(known, former_zones=found)


def contents_of(months: Collection[date], keys: Collection[bytes]) -> dict[bytes, bytes]:
    """What the legs of these keys said that were met in these months."""
    if connection.vendor == "postgresql":
        return _looked_up(months, sorted(keys)) if keys else {}
    found: dict[bytes, bytes] = {}
    for some in batched(keys, _AT_ONCE):
        rows = LegKey.objects.filter(month__in=months, key__in=some)
        found.update((bytes(k), bytes(c)) for k, c in rows.values_list("key", "content"))
    return found


def _looked_up(months: Collection[date], keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """Each key in the index by itself: nothing that PostgreSQL believes of a table that has just
    grown makes it read the whole of it. In their order they lie beside each other there. Month by
    month, as the table lies in parts: asked for together, each month is looked up in all of them.
    """
    sql = (
        "SELECT asked.key, met.content FROM unnest(%s::bytea[]) AS asked (key) CROSS JOIN LATERAL"  # noqa: S608
        f" (SELECT content FROM {LegKey._meta.db_table} one"
        " WHERE one.month = %s AND one.key = asked.key LIMIT 1) met"
    )
    asked, found = Strings(keys), dict[bytes, bytes]()
    with connection.cursor() as cursor:
        # Of the months beside that of a call, the next one has mostly no calls yet.
        cursor.execute(
            "SELECT asked.month FROM unnest(%s::date[]) AS asked (month) CROSS JOIN LATERAL"  # noqa: S608
            f" (SELECT FROM {LegKey._meta.db_table} one WHERE one.month = asked.month LIMIT 1) met",
            [sorted(months)],
        )
        for (month,) in cursor.fetchall():
            given: list[Any] = [asked, month]
            cursor.execute(sql, given)
            found.update((bytes(key), bytes(content)) for key, content in cursor.fetchall())
    return found


class Tariffs:
    """The rates of groups as a charger keeps them ready: made anew when a group has changed, and
    no more of them than fit into memory.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[int, Tariff]] = OrderedDict()
        self._groups: dict[int, RateGroup] = {}
        self._before: set[int] = set()

    def begin(self) -> None:
        """Before each batch: what was looked up in the one before may have changed."""
        self._groups, self._before = {}, {*self._groups}

    def get(self, key: int) -> Tariff | None:
        """The rates of a group; None where it is there no more."""
        if key not in self._groups:
            # Whom the batch before needed, this one needs as well.
            self._groups.update(RateGroup.objects.in_bulk({key, *self._before}))
            self._before = set()
        group = self._groups.get(key)
        if group is None:
            return None
        kept = self._kept.get(key)
        if kept is None or kept[0] != group.version:
            kept = (group.version, _tariff(group))
            self._kept[key] = kept
        self._kept.move_to_end(key)
        while (
            len(self._kept) > 1 and sum(one.size for _v, one in self._kept.values()) > _MOST_RATES
        ):
            self._kept.popitem(last=False)
        return kept[1]


def _tariff(group: RateGroup) -> Tariff:
    corrections = RateCorrection.objects.filter(group=group).order_by("pk")
    return Tariff(
        group.pk,
        group.zone,
        plain_rates_of(group.pk),
        [
            Correction(one.pk, one.prefix, one.begins_at, one.ends_at, one.price)
            for one in corrections
        ],
    )


def months_around(days: Iterable[date]) -> list[date]:
    """The first days of these months and of those beside them."""
    counted = {one.year * 12 + one.month - 1 for one in days}
    beside = {one + step for one in counted for step in (-1, 0, 1)}
    return [date(one // 12, one % 12 + 1, 1) for one in sorted(beside)]

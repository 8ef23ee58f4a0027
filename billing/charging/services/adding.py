"""The running totals of a batch, added to those before it in a statement for so many rows. On
PostgreSQL those that are new are copied, which takes two thirds of an INSERT that may meet a row.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from accounts.core.many import Part, insert_parts, rows_by_index
from accounts.kit.binary import Integers
from billing.calls.models import Leg
from billing.charging.models import (
    Charge,
    DayTotal,
    GatewayTotal,
    PlatformDay,
    PlatformQuarter,
    QuarterTotal,
    TopDay,
)
from billing.charging.totals import (
    SECONDS,
    Summed,
    Totals,
    begin_of,
    day_of,
    platform_of,
    quarter_of,
)
from billing.money import to_micros

_SUMS = ("legs", "answered", "seconds", "billed", "amount")
# What stands beside these.
_MORE = {
    QuarterTotal: ("bought",),
    DayTotal: ("bought",),
    TopDay: ("bought",),
    GatewayTotal: ("sold",),
}
_OF_QUARTER = ("account_id", "quarter", "agent_id", "is_own", "is_cost")
_OF_DAY = ("account_id", "day", "agent_id", "is_own", "is_cost", "destination")
_ON_SQLITE = 1000
_AT_ONCE = 10_000


def totals_added(totals: Totals) -> None:
    """Add the totals of a batch, in the transaction of the caller, who keeps others away by
    `hold_charging`: on PostgreSQL what is not there is made without asking again.
    """
    quarters, days = totals.by_quarter(), totals.by_day()
    platform = platform_of(quarters, days)
    with rows_by_index():
        _add(QuarterTotal, _OF_QUARTER, ("root_id",), quarters)
        _add(DayTotal, _OF_DAY, ("root_id",), days)
        _add_gateways(totals.gateways)
        _add(PlatformQuarter, ("quarter", "is_cost"), (), platform.quarters)
        _add(PlatformDay, ("day", "is_cost", "destination"), (), platform.days)
        _add(TopDay, ("account_id", "day", "is_cost"), (), platform.tops)


def cost_counted(totals: Totals, root: Charge, zone: ZoneInfo, amount: int) -> None:
    """Count what a carrier is owed for a leg, in micro-units, beside what its root pays for it
    (`root`, whose `zone` cuts the day): the leg itself was counted before.
    """
    totals.count(
        root.account_id,
        root.root_id,
        zone,
        quarter_of(root.setup),
        (0, root.level == 0, False),
        root.destination,
        (0, 0, 0, 0, 0, amount),
    )


def leg_counted(totals: Totals, leg: Leg, root: Charge, name: str, former: str) -> None:
    """Count a leg, with what its `root` pays, at the gateway of this name, and no more at the
    `former` one ("": at none).
    """
    for gateway, sign in ((name, 1), (former, -1)):
        if gateway:
            sums = (sign, sign * (leg.answer is not None), sign * leg.duration, 0, 0)
            sold = sign * to_micros(root.amount)
            totals.add_gateway(gateway, leg.setup, leg.cause, sums, sold)


def _add_gateways(gateways: Mapping[tuple[str, int, str], Sequence[int]]) -> None:
    found = sorted(gateways.items())
    about: dict[str, _Column] = {
        "gateway": [key[0] for key, _sums in found],
        "quarter": np.array([key[1] for key, _sums in found], dtype=np.int64),
        "cause": [key[2] for key, _sums in found],
    }
    sums = np.array([sums for _key, sums in found], dtype=np.int64).reshape(-1, len(_SUMS) + 1)
    _written(GatewayTotal, ("gateway", "quarter", "cause"), about, sums)


def _add(model: Any, unique: Sequence[str], more: Sequence[str], totals: Summed) -> None:
    about: dict[str, _Column] = {name: totals.about[name] for name in (*unique, *more)}
    if "destination" in about:
        places = totals.about["destination"].tolist()
        about["destination"] = [totals.destinations[at] for at in places]
    _written(model, unique, about, totals.sums)


def _written(
    model: Any, unique: Sequence[str], about: Mapping[str, "_Column"], sums: NDArray[np.int64]
) -> None:
    """Rows of totals, column by column: made, or added to those there are."""
    of_sums = (*_SUMS, *_MORE.get(model, ()))
    given: dict[str, _Column] = {**about}
    given.update((name, sums[:, at]) for at, name in enumerate(of_sums))
    if connection.vendor == "postgresql":
        is_there = _added(model._meta.db_table, unique, of_sums, given, len(sums))
        _made(model, given, np.flatnonzero(~is_there))
        return
    table, columns = model._meta.db_table, ", ".join(given)
    added = ", ".join(f"{one} = {table}.{one} + excluded.{one}" for one in of_sums)
    into = f"INSERT INTO {table} ({columns})"
    on_conflict = f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {added}"
    with connection.cursor() as cursor:
        for first in range(0, len(sums), _ON_SQLITE):
            some = {name: values[first : first + _ON_SQLITE] for name, values in given.items()}
            rows = list(zip(*(_on_sqlite(n, v) for n, v in some.items()), strict=True))
            marks = ", ".join([f"({', '.join(['%s'] * len(some))})"] * len(rows))
            cursor.execute(f"{into} VALUES {marks} {on_conflict}", list(chain(*rows)))


def _added(
    table: str,
    unique: Sequence[str],
    of_sums: Sequence[str],
    given: Mapping[str, "_Column"],
    size: int,
) -> NDArray[np.bool_]:
    """Add to the rows that are there; which of those given they were."""
    is_there = np.zeros(size, dtype=np.bool_)
    names = (*unique, *of_sums)
    arrays = ", ".join(
        "%s::text[]" if isinstance(given[one], list) else "%s::bigint[]" for one in names
    )
    sums = ", ".join(f"{one} = kept.{one} + given.{one}" for one in of_sums)
    same = " AND ".join(f"kept.{one} = {_READ.get(one, f'given.{one}')}" for one in unique)
    sql = (
        f"UPDATE {table} kept SET {sums} FROM unnest({arrays}) WITH ORDINALITY"  # noqa: S608
        f" AS given ({', '.join(names)}, place) WHERE {same} RETURNING place"
    )
    with connection.cursor() as cursor:
        for first in range(0, size, _AT_ONCE):
            some = [given[one][first : first + _AT_ONCE] for one in names]
            cursor.execute(sql, [_array(one) for one in some])
            is_there[[first + place - 1 for (place,) in cursor.fetchall()]] = True
    return is_there


def _made(model: Any, given: Mapping[str, "_Column"], places: NDArray[np.int64]) -> None:
    """Make new rows, of those given at these places."""
    numbers: dict[str, NDArray[np.int64]] = {}
    texts: dict[str, list[str]] = {}
    for name, values in given.items():
        if isinstance(values, list):
            texts[name] = [values[at] for at in places.tolist()]
        else:
            numbers[name] = values[places] * (_MICROS if name == "quarter" else 1)
    insert_parts(model, [Part(one) for one in (numbers, texts) if one])


_Column = NDArray[np.int64] | list[str]
# Of a quarter of an hour.
_MICROS = SECONDS * 1_000_000
# What whole numbers of these columns stand for.
_READ = {
    "quarter": f"to_timestamp(given.quarter * {SECONDS})",
    "day": "date '1970-01-01' + given.day::integer",
    "is_own": "(given.is_own <> 0)",
    "is_cost": "(given.is_cost <> 0)",
}


def _on_sqlite(name: str, values: _Column) -> Iterable[Any]:
    found: list[Any] = values if isinstance(values, list) else values.tolist()
    if name == "quarter":
        return [connection.ops.adapt_datetimefield_value(begin_of(one)) for one in found]
    if name == "day":
        return map(str, map(day_of, found))
    return found


def _array(values: _Column) -> Any:
    """Texts as PostgreSQL writes an array, in a quarter of the driver's time."""
    if isinstance(values, list):
        return "{" + ",".join(map(_quoted, values)) + "}"
    return Integers(values)


def _quoted(text: str) -> str:
    masked = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{masked}"'

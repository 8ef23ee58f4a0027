"""The running totals of a batch, added to those before it in a statement for so many rows."""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.kit.batches import batched
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
from billing.charging.totals import Platform, Totals, begin_of, quarter_of
from billing.money import to_micros

_SUMS = ("legs", "answered", "seconds", "billed", "amount")
# What stands beside these.
_MORE = {
    QuarterTotal: ("bought",),
    DayTotal: ("bought",),
    TopDay: ("bought",),
    GatewayTotal: ("sold",),
}
_ON_SQLITE = 1000
_AT_ONCE = 10_000


def totals_added(totals: Totals) -> None:
    """Add the totals of a batch, in the transaction of the caller, who keeps others away; account
    by account, so that one part of an index is worked on after the other.
    """
    roots = totals.roots
    _add(
        QuarterTotal,
        ("account_id", "quarter", "agent_id", "is_own", "is_cost"),
        ("root_id",),
        (
            (account, begin_of(quarter), *rest, roots[account], *sums)
            for (account, quarter, *rest), sums in sorted(totals.quarters.items(), key=_first)
        ),
    )
    _add(
        DayTotal,
        ("account_id", "day", "agent_id", "is_own", "is_cost", "destination"),
        ("root_id",),
        ((*key, roots[key[0]], *sums) for key, sums in sorted(totals.days.items(), key=_first)),
    )
    _add(
        GatewayTotal,
        ("gateway", "quarter", "cause"),
        (),
        (
            (gateway, begin_of(quarter), cause, *sums)
            for (gateway, quarter, cause), sums in sorted(totals.gateways.items(), key=_first)
        ),
    )
    _add_platform(totals.platform())


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


def _add_platform(totals: Platform) -> None:
    """What those without an agent came to, all together and by the day."""
    _add(
        PlatformQuarter,
        ("quarter", "is_cost"),
        (),
        (
            (begin_of(quarter), is_cost, *sums[: len(_SUMS)])
            for (quarter, is_cost), sums in sorted(totals.quarters.items())
        ),
    )
    for model, unique, of_days in (
        (PlatformDay, ("day", "is_cost", "destination"), totals.days),
        (TopDay, ("account_id", "day", "is_cost"), totals.tops),
    ):
        count = len(_SUMS) + len(_MORE.get(model, ()))
        rows = ((*key, *sums[:count]) for key, sums in sorted(of_days.items()))
        _add(model, unique, (), rows)


def _first(total: tuple[tuple[Any, ...], Sequence[int]]) -> Any:
    return total[0][0]


def _add(
    model: Any, unique: Sequence[str], more: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    sums = (*_SUMS, *_MORE.get(model, ()))
    table, columns = model._meta.db_table, (*unique, *more, *sums)
    added = ", ".join(f"{one} = {table}.{one} + excluded.{one}" for one in sums)
    into = f"INSERT INTO {table} ({', '.join(columns)})"
    on_conflict = f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {added}"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            casts = [f"%s::{_array_of(model, one)}[]" for one in columns]
            sql = f"{into} SELECT * FROM unnest({', '.join(casts)}) {on_conflict}"  # noqa: S608
            for some in batched(rows, _AT_ONCE):
                cursor.execute(sql, [_array(one) for one in zip(*some, strict=True)])
            return
        marks = f"({', '.join(['%s'] * len(columns))})"
        for some in batched(rows, _ON_SQLITE):
            sql = f"{into} VALUES {', '.join([marks] * len(some))} {on_conflict}"
            adapt = connection.ops.adapt_datetimefield_value
            cursor.execute(
                sql,
                [
                    adapt(value) if hasattr(value, "tzinfo") else value
                    for row in some
                    for value in row
                ],
            )


def _array(values: Sequence[Any]) -> str:
    """Values of one kind as PostgreSQL writes an array, in a quarter of the driver's time."""
    if isinstance(values[0], str):
        return "{" + ",".join(map(_quoted, values)) + "}"
    # Numbers, truths, days and moments: none of them holds what would have to be masked.
    return '{"' + '","'.join(map(str, values)) + '"}'


def _quoted(text: str) -> str:
    masked = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{masked}"'


def _array_of(model: Any, column: str) -> str:
    found = next(one for one in model._meta.concrete_fields if one.column == column)
    kind: str = found.db_type(connection)
    return kind

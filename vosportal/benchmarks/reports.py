"""Reports at size: a month's pages over totals of many calls beside those of a tenth of them. The
totals are written as a charger would have left them, the calls themselves are not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection, transaction
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.many import insert_many
from accounts.core.models import Account, User
from accounts.gateways.services.gateways import gateway_create
from accounts.kit.moments import today
from accounts.logins.services.logins import login_create
from accounts.logins.services.staff import staff_create
from accounts.tree.services.accounts import account_create
from accounts.tree.services.load import Draft, accounts_load
from billing.calls.models import Leg
from billing.charging.models import (
    DayTotal,
    GatewayTotal,
    PlatformDay,
    PlatformQuarter,
    QuarterTotal,
    TopDay,
)
from billing.reports.periods import Period, preset
from vosportal.benchmarks import call_pages
from vosportal.benchmarks.browsing import (
    Cost,
    as_in_production,
    costs_of,
    opening,
    signed_in,
)
from vosportal.benchmarks.forest import spread_over_years
from vosportal.benchmarks.measure import Line, medians

# A month's report of ten times the calls, and an agent's own.
_MOST_RATIO, _MOST_PAGE, _MOST_OWN = 2.0, 1000.0, 50.0
# Of a dashboard: milliseconds of the database, and statements.
_MOST_DATABASE, _MOST_STATEMENTS = 20.0, 15
_BELOW_A_ROOT, _CUSTOMERS = 200, 17
_DESTINATIONS, _GATEWAYS, _CAUSES = 200, 20, ("16", "17", "19", "34")
_DAY = 96
_PASSWORD = "benchmark-of-a-scratch-database"  # noqa: S105 - of a database that lives for minutes
_WHOSE = ("account_id", "agent_id", "root_id", "is_own", "is_cost")
_SUMS = ("legs", "answered", "seconds", "billed", "amount")
# What is kept added up, of which totals, and by which columns.
_PLATFORM: Sequence[tuple[Any, Any, str]] = (
    (PlatformQuarter, QuarterTotal, "quarter, is_cost"),
    (PlatformDay, DayTotal, "day, is_cost, destination"),
    (TopDay, DayTotal, "account_id, day, is_cost"),
)
# Of a call that was answered, in micro-units: what each level pays, and what carriers are owed.
_PRICE, _COST = 20_000, 10_000


@dataclass(frozen=True)
class _Forest:
    """Customers by their agents, agents by their roots: customer n is below agent n modulo how many
    agents there are, and that likewise below its root.
    """

    customers: Sequence[int]
    agents: Sequence[int]
    roots: Sequence[int]

    def levels(self) -> Iterator[list[tuple[int, int, int]]]:
        """(account, agent, root) of each account of a level, from below."""
        agents, roots = len(self.agents), len(self.roots)
        yield [
            (pk, self.agents[at % agents], self.roots[at % roots])
            for at, pk in enumerate(self.customers)
        ]
        yield [
            (pk, self.roots[at % roots], self.roots[at % roots])
            for at, pk in enumerate(self.agents)
        ]
        yield [(pk, 0, pk) for pk in self.roots]

    def ways(self) -> list[call_pages.Way]:
        """Of each customer, itself, its agent and its root."""
        below, between, above = self.levels()
        agents, roots = len(self.agents), len(self.roots)
        return [(one, between[at % agents], above[at % roots]) for at, one in enumerate(below)]


def default_calls() -> int:
    return 10_000_000 if connection.vendor == "postgresql" else 1_000_000


def run(*, calls: int, accounts: int, rounds: int, say: Callable[[str], None]) -> list[Line]:
    """Open the reports of last month over a tenth of so many calls, then over all of them."""
    say(f"Loading {accounts:,} accounts …")
    forest = _forest(accounts)
    for at in range(_GATEWAYS):
        carrier = account_create(actor=SYSTEM, account_id=f"C-{at}", name="x", type="clearing")
        gateway_create(actor=SYSTEM, account=carrier, name=f"out-{at}", direction="routing")
    first, until = preset("last-month", today(UTC))
    period = Period.of_days(first, until, ZoneInfo("UTC"))
    with as_in_production():
        boss, agent = _people()
        top, customer = signed_in(_login("R0")), signed_in(_login("K0"))
        pages = _pages(boss, agent)
        homes = {
            "administrator": boss, "top-level agent": top, "agent": agent, "customer": customer
        }  # fmt: skip
        few = _measured(calls // 10, forest, period, pages, rounds, say)
        few_homes = _opened(homes, rounds)
        many = _measured(calls, forest, period, pages, rounds, say)
        many_homes = _opened(homes, rounds)
        say(f"Writing {max(calls // 10, 200):,} calls …")
        call_pages.fill(max(calls // 10, 200), forest.ways())
        root = Account.objects.get(account_id="R0")
        people = (
            ("platform", boss, Leg.objects.all()),
            ("top-level agent", top, Leg.objects.filter(root_id=root.pk)),
        )
        listed = list(call_pages.lines(people, rounds))
    found = []
    for name, short, long in zip(pages, few, many, strict=True):
        most = _MOST_OWN if name.startswith("agent") else _MOST_PAGE
        is_met = long <= most and long <= _MOST_RATIO * short
        what = f"{'' if is_met else 'MISSED '}{name}, {calls:,} calls (aim {most:,.0f} ms)"
        found.append(Line(what, long, f"{calls // 10:,} calls", short))
    for name, short_home, long_home in zip(homes, few_homes, many_homes, strict=True):
        found += _home_lines(name, calls, short_home, long_home)
    return [*found, *listed]


def _opened(homes: Mapping[str, Client], rounds: int) -> list[Cost]:
    return costs_of([(client, "/") for client in homes.values()], rounds)


def _home_lines(whose: str, calls: int, few: Cost, many: Cost) -> Iterator[Line]:
    """What the database does for a dashboard."""
    is_met = many.database <= _MOST_DATABASE
    what = f"dashboard, {whose}, database, {calls:,} calls (aim {_MOST_DATABASE:,.0f} ms)"
    beside = f"{calls // 10:,} calls"
    yield Line(f"{'' if is_met else 'MISSED '}{what}", many.database, beside, few.database)
    is_met = many.statements <= _MOST_STATEMENTS
    what = f"{'' if is_met else 'MISSED '}dashboard, {whose}, statements"
    yield Line(what, many.statements, "aim", _MOST_STATEMENTS, "")


def _forest(accounts: int) -> _Forest:
    roots = max(accounts // _BELOW_A_ROOT, 1)
    # Customers find their root by their own number as well.
    agents = roots * max(accounts // (_CUSTOMERS + 3) * 2 // roots, 1)
    rest = max(accounts - roots - agents, 1)
    drafts = [Draft(f"R{at}", "x") for at in range(roots)]
    drafts += [Draft(f"A{at}", "x", f"R{at % roots}") for at in range(agents)]
    drafts += [Draft(f"K{at}", "x", f"A{at % agents}") for at in range(rest)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    spread_over_years()
    keys = dict(Account.objects.values_list("account_id", "pk"))
    return _Forest(
        [keys[f"K{at}"] for at in range(rest)],
        [keys[f"A{at}"] for at in range(agents)],
        [keys[f"R{at}"] for at in range(roots)],
    )


def _people() -> tuple[Client, Client]:
    """An administrator, and an agent in the middle."""
    staff = staff_create(
        actor=SYSTEM, username="benchmark-staff", administrator=True, password=_PASSWORD
    )
    return signed_in(staff.user), signed_in(_login("A0"))


def _login(name: str) -> User:
    account = Account.objects.get(account_id=name)
    login = login_create(
        actor=SYSTEM, account=account, username=f"of-{name.lower()}", password=_PASSWORD
    )
    return login.user


def _pages(boss: Client, agent: Client) -> dict[str, Callable[[], object]]:
    """By their names, as they open them."""
    month = "period=last-month&zone=UTC"
    return {
        "platform, income by day": opening(boss, f"/reports/income/?{month}"),
        "platform, income by account": opening(boss, f"/reports/income/?{month}&by=account"),
        "platform, by account": opening(boss, f"/reports/accounts/?{month}"),
        "platform, by destination": opening(boss, f"/reports/destinations/?{month}"),
        "platform, gateways": opening(boss, f"/reports/gateways/?{month}"),
        "platform, hours": opening(boss, f"/reports/quality/?{month}"),
        "agent, the bare shell": opening(agent, "/security/"),
        "agent, income by day": opening(agent, f"/reports/income/?{month}"),
        "agent, income by account": opening(agent, f"/reports/income/?{month}&by=account"),
        "agent, by account": opening(agent, f"/reports/accounts/?{month}"),
        "agent, quarters of another zone": opening(
            agent, "/reports/income/?period=last-month&zone=Asia/Dhaka"
        ),
    }


def _measured(
    calls: int,
    forest: _Forest,
    period: Period,
    pages: dict[str, Callable[[], object]],
    rounds: int,
    say: Callable[[str], None],
) -> list[float]:
    say(f"Writing the totals of {calls:,} calls …")
    with transaction.atomic(), connection.cursor() as cursor:
        for model in (DayTotal, QuarterTotal, GatewayTotal, *(one for one, *_more in _PLATFORM)):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - own names
        _fill(calls, forest, period)
        for model, source, by in _PLATFORM:
            columns = (*_SUMS, "bought") if model is TopDay else _SUMS
            sums = ", ".join(f"SUM({one})" for one in columns)
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({by}, {', '.join(columns)})"  # noqa: S608
                f" SELECT {by}, {sums} FROM {source._meta.db_table}"
                f" WHERE agent_id = 0 GROUP BY {by}"
            )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    rows = ", ".join(
        f"{model.objects.count():,} {model._meta.verbose_name_plural}"
        for model in (DayTotal, QuarterTotal, GatewayTotal)
    )
    say(f"{rows}. Opening the pages …")
    return medians(list(pages.values()), rounds)


# --- Totals ---------------------------------------------------------------------------------------


def _fill(calls: int, forest: _Forest, period: Period) -> None:
    """The calls of the month and of the one before it, at random over customers, quarters of an
    hour and destinations; each counts at all three levels, and as a cost.
    """
    dice = np.random.default_rng(7)
    begin = period.before.begin
    quarters = (period.end - begin) // timedelta(minutes=15)
    who = dice.integers(len(forest.customers), size=calls)
    when = dice.integers(quarters, size=calls)
    # Most is called to few destinations.
    where = (dice.random(calls) ** 3 * _DESTINATIONS).astype(np.int64)
    moments, first = _moments(begin, quarters), period.before.first
    places = (when // _DAY) * _DESTINATIONS + where
    for level, whose in enumerate(forest.levels()):
        at_level = who if level == 0 else who % len(whose)
        insert_many(
            QuarterTotal,
            (*_WHOSE, "quarter", *_SUMS, "bought"),
            (
                (*whose[one], level == 0, False, moments[at], *_paid(count, whose[one]))
                for one, at, count in _counted(at_level, when, quarters)
            ),
        )
        insert_many(
            DayTotal,
            (*_WHOSE, "day", "destination", *_SUMS, "bought"),
            (
                (
                    *whose[one], level == 0, False,
                    first + timedelta(days=at // _DESTINATIONS),
                    f"Destination {at % _DESTINATIONS}", *_paid(count, whose[one]),
                )
                for one, at, count in _counted(at_level, places, quarters * _DESTINATIONS)
            ),
        )  # fmt: skip
    out = dice.integers(_GATEWAYS * len(_CAUSES), size=calls)
    _fill_gateways(out, when, quarters, moments)
    _fill_carriers(out // len(_CAUSES), when, places, moments, first)


def _fill_gateways(out: Any, when: Any, quarters: int, moments: Sequence[datetime]) -> None:
    insert_many(
        GatewayTotal,
        ("gateway", "cause", "quarter", *_SUMS),
        (
            (
                f"out-{one // len(_CAUSES)}", _CAUSES[one % len(_CAUSES)], moments[at],
                *_sums(count, _COST),
            )
            for one, at, count in _counted(out, when, quarters)
        ),
    )  # fmt: skip


def _fill_carriers(
    out: Any, when: Any, places: Any, moments: Sequence[datetime], first: date
) -> None:
    """What each carrier is owed: legs count at gateways."""
    keys = dict(Account.objects.filter(type="clearing").values_list("account_id", "pk"))
    carriers = [(keys[f"C-{at}"], 0, keys[f"C-{at}"], True, True) for at in range(_GATEWAYS)]
    insert_many(
        QuarterTotal,
        (*_WHOSE, "quarter", *_SUMS),
        (
            (*carriers[one], moments[at], 0, 0, *_sums(count, _COST)[2:])
            for one, at, count in _counted(out, when, len(moments))
        ),
    )
    insert_many(
        DayTotal,
        (*_WHOSE, "day", "destination", *_SUMS),
        (
            (
                *carriers[one], first + timedelta(days=at // _DESTINATIONS),
                f"Destination {at % _DESTINATIONS}", 0, 0, *_sums(count, _COST)[2:],
            )
            for one, at, count in _counted(out, places, len(moments) * _DESTINATIONS)
        ),
    )  # fmt: skip


def _counted(first: Any, second: Any, most: int) -> Iterator[tuple[int, int, int]]:
    """How many calls have each pair of these numbers, the second below `most`."""
    keys, counts = np.unique(first.astype(np.int64) * most + second, return_counts=True)
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        yield key // most, key % most, count


def _moments(begin: datetime, quarters: int) -> list[datetime]:
    return [begin + timedelta(minutes=15 * at) for at in range(quarters)]


def _sums(count: int, price: int = _PRICE) -> tuple[int, int, int, int, int]:
    """Half of them answered, for two minutes; money in micro-units, as it is stored."""
    answered = (count + 1) // 2
    return count, answered, answered * 120, answered * 120, answered * price


def _paid(count: int, whose: tuple[int, int, int]) -> tuple[int, ...]:
    """The same with what the level above paid: as much, or, above a root, what carriers get."""
    sums = _sums(count)
    return *sums, sums[1] * (_PRICE if whose[1] else _COST)

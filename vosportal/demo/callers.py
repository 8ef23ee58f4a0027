"""Who calls in the demo, whereto, and which carriers take it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from vosportal.demo import phones
from vosportal.demo.plan import DemoAccount, cards, countries, everything, wholesale

# Of each hour of the day, on the wall of the callers: how much of the day's calls it has.
OFFICE = (1, 1, 1, 1, 1, 2, 6, 22, 60, 88, 96, 90, 62, 78, 90, 86, 74, 48, 24, 12, 8, 5, 3, 2)
HOME = (14, 7, 4, 2, 2, 3, 8, 16, 22, 26, 30, 36, 42, 40, 38, 40, 48, 60, 78, 92, 96, 84, 58, 30)


@dataclass(frozen=True)
class Group:
    """Callers of one kind: how often they call, when, whereto (calling codes by their share), how
    many of their calls are answered, and how the record names them.
    """

    column: str
    # (as the record names it, whose it is, share among the callers of the group)
    callers: tuple[tuple[str, str, int], ...]
    calls: int
    destinations: Mapping[str, int]
    hours: tuple[int, ...] = OFFICE
    # Days of the week, Monday 0, on which offices are shut, and how much is called then.
    weekend: tuple[int, ...] = (5, 6)
    part_on_weekends: float = 0.22
    answered: float = 0.55
    # Half of the answered calls are shorter, in seconds.
    median: int = 75
    # What is dialled in place of a calling code.
    dialled: Mapping[str, str] = field(default_factory=dict)
    is_flow: bool = False


# Routing gateways by the calling codes that they take, the first that does; the last takes all.
CARRIERS = (
    ("carrier-frankfurt", ("49", "43", "41")),
    ("carrier-singapore", ("880", "91", "63", "94", "977", "65", "60")),
    ("carrier-london", ("",)),
)

_BENGAL = {"880": 90, "91": 6, "44": 2, "971": 2}
_INDIA = {"91": 84, "880": 5, "94": 4, "977": 4, "971": 3}
_EUROPE = {"49": 52, "44": 12, "33": 8, "43": 6, "41": 5, "39": 6, "48": 5, "1": 6}
_DIASPORA = {"91": 30, "254": 16, "234": 14, "233": 8, "63": 10, "44": 16, "92": 6}


def groups() -> Iterator[Group]:
    """About 20,000 calls in sixty days."""
    yield _phones("Dhaka-Retail-Sub", "Customer-", calls=4300, to=_BENGAL, weekend=(4, 5))
    yield _phones("IN-", calls=3400, to=_INDIA, hours=HOME, part=0.9)
    yield _phones("Standalone-", calls=420, to={"359": 60, "44": 14, "49": 16, "1": 10})
    yield Group(
        "gateway",
        (("elbe-core-01", "DE-Wholesale-Elbe", 9), ("elbe-backup", "DE-Wholesale-Elbe", 1),
         ("nordlicht-sbc", "DE-Wholesale-Nordlicht", 12)),
        4700, _EUROPE, median=95,
    )  # fmt: skip
    yield Group(
        "gateway", (("speicher-pbx", "DE-Trunk-Speicher", 1),), 520, {"49": 1}, answered=0.62,
        median=110, dialled={"49": "0"},
    )  # fmt: skip
    yield Group(
        "gateway", (("harburg-pbx", "DE-Trunk-Harburg", 1),), 640, {"49": 1}, answered=0.6,
        median=105, dialled={"49": "0049"},
    )  # fmt: skip
    yield Group(
        "gateway",
        (("gulf-dubai", "AE-Multi-Gulfbridge", 5), ("gulf-dubai-h323", "AE-Multi-Gulfbridge", 1)),
        1300, {"971": 35, "91": 28, "92": 14, "63": 10, "20": 8, "44": 5}, median=60,
    )  # fmt: skip
    yield Group(
        "gateway", (("nairobi-01", "KE-Country-Kenya", 1),), 900,
        {"254": 78, "256": 8, "255": 8, "44": 6}, answered=0.48,
    )  # fmt: skip
    yield Group(
        "gateway", (("manila-01", "PH-Country-Philippines", 1),), 900,
        {"63": 76, "65": 9, "1": 10, "971": 5}, answered=0.5,
    )  # fmt: skip
    yield Group(
        "gateway", (("sao-paulo-01", "BR-Country-Brazil", 1),), 700, {"55": 84, "351": 9, "1": 7},
        answered=0.46, dialled={"": "00"},
    )  # fmt: skip
    offices = _of_plan(countries(), "KE-", "PH-", "BR-")
    yield Group("account", offices, 800, {"254": 30, "63": 30, "55": 25, "44": 8, "1": 7})
    sites = _of_plan(wholesale(), "DE-Trunk-")
    yield Group("account", sites, 700, _EUROPE, answered=0.6, median=120)
    yield Group(
        "account", _of_plan(cards(), "GB-Card-"), 2300, _DIASPORA, HOME, part_on_weekends=1.2,
        answered=0.47, median=150,
    )  # fmt: skip
    yield Group(
        "account", (("GB-Callback-Camden", "GB-Callback-Camden", 1),), 260, _DIASPORA, HOME,
        part_on_weekends=1.1, answered=0.7, median=170, is_flow=True,
    )  # fmt: skip


def _phones(
    *begins: str,
    calls: int,
    to: Mapping[str, int],
    hours: tuple[int, ...] = OFFICE,
    weekend: tuple[int, ...] = (5, 6),
    part: float = 0.22,
) -> Group:
    """Phones of accounts whose ids begin so, as far as they may call."""
    callers = tuple(
        (one.number, one.account_id, one.calls + 1)
        for one in phones.plan()
        if one.account_id.startswith(begins) and one.lock != "all" and one.account_id in _open()
    )
    return Group("phone", callers, calls, to, hours, weekend, part)


@cache
def _open() -> frozenset[str]:
    return frozenset(one.account_id for one in everything() if not one.end)


def _of_plan(accounts: Iterable[DemoAccount], *begins: str) -> tuple[tuple[str, str, int], ...]:
    """Open accounts without sub-accounts whose ids begin so; some of them call more."""
    plan = list(accounts)
    agents = {one.agent for one in plan}
    names = [
        one.account_id
        for one in plan
        if one.account_id.startswith(begins)
        and one.account_id not in agents
        and not one.end
        and not one.flow
    ]
    return tuple((name, name, 1 + at % 3) for at, name in enumerate(names))

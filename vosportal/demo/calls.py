"""The calls of the demo: sixty days of them, ending now, the same at each load of a day. They come
in as records and are charged day by day, as they would have been.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.core.models import Account
from accounts.kit.moments import day_begin, today
from billing.calls.services.intake import records_taken
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import charge_batch
from vosportal.demo.callers import CARRIERS, Group, groups
from vosportal.demo.rates import destinations

SOURCE = "switch-1"
DAYS = 60
_SEED = 2026
_LONGEST = 7200
# What an answered call ends by, and one that is not, by their share.
_ENDED = {"16": 96, "31": 3, "27": 1}
_FAILED = {"17": 24, "19": 26, "18": 14, "487": 12, "404": 9, "34": 7, "16": 5, "503": 3}
# Failed before it rang.
_AT_ONCE = {"404", "34", "503"}
_DIGITS = {"1": 11, "33": 11, "65": 10, "880": 13, "55": 13, "977": 13, "234": 13, "256": 12}
# The same people are called again and again.
_KNOWN = 60


@dataclass(frozen=True)
class _Record:
    """A record and when it comes."""

    at: datetime
    columns: dict[str, str]


class DemoCalls:
    """All of the calls, in the order in which their records come."""

    def __init__(self) -> None:
        self._left = records(timezone.now())
        self._left.reverse()
        self._tariffs = Tariffs()

    def charge_before(self, moment: datetime | None) -> None:
        """Charge the calls of days before that of a moment (None: all of them), a batch for each
        day.
        """
        while self._left and (moment is None or self._left[-1].at.date() < moment.date()):
            day, batch = self._left[-1].at.date(), list[_Record]()
            while self._left and self._left[-1].at.date() == day:
                batch.append(self._left.pop())
            records_taken([(None, one.columns) for one in batch], source=SOURCE)
            charge_batch(self._tariffs, at=batch[-1].at)


def records(now: datetime) -> list[_Record]:
    """Every record by the time it comes."""
    dice = random.Random(_SEED)  # noqa: S311 - the same calls every time, no secret
    accounts = {one.account_id: one for one in Account.objects.all()}
    found = [one for group in groups() for one in _of_group(dice, group, accounts, now)]
    found += _odd(dice, now)
    return sorted(found, key=lambda one: (one.at, one.columns["call_id"]))


def _of_group(
    dice: random.Random, group: Group, accounts: dict[str, Account], now: datetime
) -> Iterator[_Record]:
    known = {code: numbers_of(dice, code) for code in group.destinations}
    names = dice.choices(group.callers, [share for *_who, share in group.callers], k=group.calls)
    days = _days(group, today(UTC))
    chosen = dice.choices(list(days), list(days.values()), k=group.calls)
    codes = dice.choices(list(group.destinations), list(group.destinations.values()), k=group.calls)
    for (name, account_id, _share), day, code in zip(names, chosen, codes, strict=True):
        account = accounts[account_id]
        setup = _setup(dice, group, day, ZoneInfo(account.time_zone))
        made = list(_call(dice, group, name, setup, dice.choice(known[code])))
        # The dice fall alike, whether a call could have been or not.
        if setup > account.created_at and all(one.at < now for one in made):
            yield from made


def _days(group: Group, last: date) -> dict[date, float]:
    """How much is called on each day: less on weekends, a little more every week."""
    found = {}
    for ago in range(DAYS):
        day = last - timedelta(days=ago)
        part = group.part_on_weekends if day.weekday() in group.weekend else 1.0
        found[day] = part * (1.25 - ago / (2 * DAYS))
    return found


def _setup(dice: random.Random, group: Group, day: date, zone: ZoneInfo) -> datetime:
    (hour,) = dice.choices(range(24), group.hours)
    return day_begin(day, zone) + timedelta(hours=hour, seconds=round(dice.random() * 3600, 1))


def _call(
    dice: random.Random, group: Group, name: str, setup: datetime, number: str
) -> Iterator[_Record]:
    """The record of a call; of a callback those of both legs: the caller's, then the other's."""
    caller = name if group.column == "phone" else own_number(name)
    if not group.is_flow:
        yield _leg(dice, group, setup, number, **{group.column: name, "caller": caller})
        return
    same = {group.column: name, "session": f"cb-{dice.getrandbits(48):012x}"}
    own = f"4420{dice.randrange(70_000_000, 79_999_999)}"
    first = _leg(dice, group, setup, own, caller=caller, leg="A", **same)
    yield first
    if first.columns.get("answer"):
        second = setup + timedelta(seconds=dice.randint(6, 15))
        yield _leg(dice, group, second, number, caller=own, leg="B", **same)


def _leg(
    dice: random.Random, group: Group, setup: datetime, number: str, **columns: str
) -> _Record:
    ring, spoken = dice.randint(3, 24), _spoken(dice, group)
    is_answered = dice.random() < group.answered
    if is_answered:
        (cause,) = dice.choices(list(_ENDED), list(_ENDED.values()))
        answer = setup + timedelta(seconds=ring)
        end = answer + timedelta(seconds=spoken)
    else:
        (cause,) = dice.choices(list(_FAILED), list(_FAILED.values()))
        end = setup + timedelta(seconds=1 if cause in _AT_ONCE else ring)
    found = {
        "call_id": f"{dice.getrandbits(64):016x}@203.0.113.5",
        "callee": dialled(group, number),
        "routing_gateway": _carrier(number),
        "setup": setup.isoformat(),
        "answer": answer.isoformat() if is_answered else "",
        "end": end.isoformat(),
        "duration": str(spoken) if is_answered else "0",
        "cause": cause,
        **columns,
    }
    return _Record(end, {name: value for name, value in found.items() if value})


def _spoken(dice: random.Random, group: Group) -> int:
    return min(max(round(dice.lognormvariate(math.log(group.median), 1.05)), 1), _LONGEST)


def dialled(group: Group, number: str) -> str:
    for code, before in group.dialled.items():
        if number.startswith(code):
            return before + number[len(code) :]
    return number


def _carrier(number: str) -> str:
    return next(name for name, codes in CARRIERS if number.startswith(codes))


def numbers_of(dice: random.Random, code: str) -> list[str]:
    """People of a country: most of them have a mobile phone of one of its networks."""
    networks = [one for one, _name in destinations() if one.startswith(code) and one != code]
    digits = _DIGITS.get(code, 12)
    found = []
    for _one in range(_KNOWN):
        begin = dice.choice(networks) if networks and dice.random() < 0.75 else f"{code}2"
        rest = digits - len(begin)
        found.append(begin + f"{dice.randrange(10**rest):0{rest}d}")
    return found


def own_number(name: str) -> str:
    """What a gateway or a card shows as the caller."""
    return f"4940555{sum(map(ord, name)) % 10_000:04d}" if not name.startswith("GB-") else ""


# --- What waits, and what is worth finding --------------------------------------------------------


def _odd(dice: random.Random, now: datetime) -> Sequence[_Record]:
    """A handful that wait in the queue, each for a reason of its own, and calls of a destination
    that is locked.
    """
    plain = Group("account", (), 1, {}, answered=1.0)
    day = timedelta(days=1)

    def call(days: float, number: str, **columns: str) -> _Record:
        return _leg(dice, plain, now - days * day, number, **columns)

    elbe = {"gateway": "elbe-core-01", "caller": "494055501200"}
    card = {"account": "GB-Card-Brixton-02"}
    found = [
        # Nobody sells these codes.
        call(2.3, "21012345678", **elbe),
        call(2.2, "21012345678", **elbe),
        call(0.4, "99912345678", **card),
        # Nobody is called so, or not any more.
        call(5.1, "919820012345", account="IN-Retail-Pune"),
        call(3.7, "8801711552233", phone="8801711999999"),
        call(0.3, "919820098765", account="IN-Shop-Mumbai-Market"),
        call(1.6, "494012345678", account="DE-Trunk-Hafen", gateway="speicher-pbx"),
        # A callback that has lost its session, and a second leg of who has one only.
        call(4.4, "919811122233", account="GB-Callback-Camden", leg="B"),
        call(0.5, "8801711334455", phone="8801711000203", leg="B"),
        call(0.8, "none", **elbe),
        # Its gateway is new, and nobody has entered it: what it costs waits.
        call(1.2, "14155550123", **elbe, routing_gateway="carrier-new-york"),
        # Their times cannot be.
        call(9.3, "494087654321", **elbe, duration="-12"),
        call(3.3, "8801819000111", phone="8801711000101", end=(now - 4 * day).isoformat()),
    ]
    found += [call(days, "8816212345678", **elbe) for days in (12.2, 30.6)]
    return found

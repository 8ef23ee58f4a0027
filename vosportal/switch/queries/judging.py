"""Whether a call may be made, step by step, the first that fails wins (docs/domain.md 7). Reads and
decides; who is told how much of it is in `words`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from accounts.core.querysets import ChainLink
from accounts.gateways.rewriting import rewritten
from accounts.numbers.digits import NotANumber
from accounts.numbers.reading import normalised
from billing.holds.pricing import first_block, held_for, prices_of
from billing.holds.services.holding import LevelHold
from billing.rates.queries.plain import plain_rates_for
from billing.rates.rating import Rate, applying
from vosportal.switch.queries.callers import Caller
from vosportal.switch.queries.levels import Level, Levels, levels_of
from vosportal.switch.queries.routes import Choice, Route, choose


class Step(StrEnum):
    """What is asked, in this order."""

    IDENTITY = "identity"
    LEVELS = "levels"
    LOCK = "lock"
    NUMBER = "number"
    SECTIONS = "sections"
    RATES = "rates"
    CALLS = "calls"
    MONEY = "money"
    ROUTE = "route"


class Why(StrEnum):
    """What refuses a call."""

    NOBODY = "nobody"
    STOPPED = "stopped"
    LOCKED = "locked"
    NOT_A_NUMBER = "not_a_number"
    NEEDS_SESSION = "needs_session"
    SECTION = "section"
    NO_GROUP = "no_group"
    UNRATED = "unrated"
    RATE_LOCKED = "rate_locked"
    TOO_MANY = "too_many"
    NO_MONEY = "no_money"
    NO_ROUTE = "no_route"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A level that refuses at a step; `at` is its place above the caller's account (0 is that
    itself), None where it is no account: the platform, or nobody.
    """

    why: Why
    at: int | None = 0


@dataclass(frozen=True, slots=True)
class Check:
    """A step that was asked, and every level that refuses at it, the own one first."""

    step: Step
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_passed(self) -> bool:
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Paying:
    """A level that would pay: its group and the rate of this moment."""

    level: Level
    group: int
    rate: Rate
    prices: Sequence[Sequence[int]]

    @property
    def link(self) -> ChainLink:
        return self.level.link

    def wanted(self, seconds: int) -> int:
        """What it holds for so many seconds, in micro-units; of unlimited credit nothing is."""
        return 0 if self.level.left is None else held_for(self.prices, seconds)


@dataclass
class Judged:
    """What was found out, as far as it went. `links` begin with the caller's account and end with
    the root.
    """

    at: datetime
    caller: Caller | None
    checks: list[Check] = field(default_factory=list)
    links: Sequence[ChainLink] = ()
    number: str = ""
    caller_out: str = ""
    # Why it is no number.
    problem: str = ""
    paying: Sequence[Paying] = ()
    seconds: int = 0
    # How many calls at a time each level permits now, by its place; none where there is no end.
    permitted: Mapping[int, int] = field(default_factory=dict)
    calls: int = 0
    # What the number is for where it is a DID that rings nowhere: then nothing more was asked.
    use: str = ""
    # So long it may ring, in seconds.
    rings: int = field(default_factory=lambda: settings.SWITCH_RING)
    choice: Choice = field(default_factory=Choice)

    @property
    def routes(self) -> Sequence[Route]:
        """In the order in which they are tried."""
        return self.choice.routes

    @property
    def refused(self) -> Check | None:
        """The step that fails."""
        return next((one for one in self.checks if not one.is_passed), None)

    @property
    def is_allowed(self) -> bool:
        return self.refused is None

    @property
    def most_calls(self) -> int | None:
        """At a time, now, whichever level says so; None: without end."""
        return min(self.permitted.values(), default=None)

    def too_many(self, calls: int) -> list[Refusal]:
        """The levels that permit no more where so many calls are up."""
        return [Refusal(Why.TOO_MANY, at) for at, most in self.permitted.items() if most <= calls]

    @property
    def holds(self) -> list[LevelHold]:
        """What every level is to set aside."""
        return [
            LevelHold(one.link.pk, one.group, one.wanted(self.seconds), one.prices)
            for one in self.paying
        ]

    def note(self, step: Step, refusals: Sequence[Refusal] = ()) -> bool:
        """Keep what a step says; whether it goes on."""
        self.checks.append(Check(step, tuple(refusals)))
        return not refusals


def judge(
    caller: Caller | None,
    *,
    dialled: str,
    shown: str,
    session: str,
    now: datetime,
    call_id: str = "",
    with_dids: bool = False,
    rings: int | None = None,
    held: Mapping[int, int] | None = None,
) -> Judged:
    """Ask every step about a call that is dialled so, whose caller shows that number. `with_dids`:
    of an access number or a callback trigger the steps end where a number would be asked about;
    `rings`: for so many seconds, where it is not as long as others; `held`: what another call would
    hold before it, in micro-units by account.
    """
    judged = Judged(now, caller)
    judged.rings = rings or judged.rings
    if caller is None:
        judged.note(Step.IDENTITY, [Refusal(Why.NOBODY, None)])
        return judged
    judged.caller_out = caller.display_number or rewritten(shown, caller.caller_rewrites)
    _number(judged, rewritten(dialled, caller.callee_rewrites))
    levels = levels_of(caller, judged.number)
    if held:
        levels = levels.without(held)
    judged.links = [one.link for one in levels.all]
    is_nobody = [] if judged.links else [Refusal(Why.NOBODY, None)]
    if not judged.note(Step.IDENTITY, is_nobody):
        return judged
    if not judged.note(Step.LEVELS, _stopped(judged)):
        return judged
    if not judged.note(Step.LOCK, [Refusal(Why.LOCKED)] if caller.is_locked else []):
        return judged
    if with_dids and levels.use:
        judged.use = levels.use
        return judged
    if not judged.note(Step.NUMBER, _no_number(judged, levels, session)):
        return judged
    if not judged.note(Step.SECTIONS, _sections(levels)):
        return judged
    if not judged.note(Step.RATES, _rates(judged, levels)):
        return judged
    if not judged.note(Step.CALLS, _calls(judged, levels, caller)):
        return judged
    if not judged.note(Step.MONEY, _short(judged, levels.all)):
        return judged
    judged.choice = choose(
        judged.number,
        judged.caller_out,
        now,
        links=judged.links,
        paid=judged.paying[-1].rate.price,
        call_id=call_id,
    )
    judged.note(Step.ROUTE, [] if judged.routes else [Refusal(Why.NO_ROUTE, None)])
    return judged


def _stopped(judged: Judged) -> list[Refusal]:
    return [
        Refusal(Why.STOPPED, at)
        for at, link in enumerate(judged.links)
        if link.is_stopped(judged.at)
    ]


def _number(judged: Judged, text: str) -> None:
    try:
        judged.number = normalised(text)
    except NotANumber as error:
        judged.problem = str(error.message)


def _no_number(judged: Judged, levels: Levels, session: str) -> list[Refusal]:
    if not judged.number:
        return [Refusal(Why.NOT_A_NUMBER)]
    if not session and levels.all[0].is_flow:
        return [Refusal(Why.NEEDS_SESSION)]
    return []


def _sections(levels: Levels) -> list[Refusal]:
    """Every level that refuses the number: the own first, then up, the platform last."""
    places: list[int | None] = [at for at, one in enumerate(levels.all) if not one.passes]
    if not levels.platform_passes:
        places.append(None)
    return [Refusal(Why.SECTION, at) for at in places]


def _rates(judged: Judged, levels: Levels) -> list[Refusal]:
    groups = {one.group for one in levels.all if one.group is not None}
    rates = plain_rates_for(groups, judged.number, judged.at)
    until = judged.at + timedelta(seconds=judged.rings)
    refusals: list[Refusal] = []
    paying = []
    for at, level in enumerate(levels.all):
        if level.group is None:
            refusals.append(Refusal(Why.NO_GROUP, at))
            continue
        fitting, zone = rates[level.group], level.zone
        rate = applying(fitting, judged.number, judged.at, zone)
        if rate is None or rate.is_locked:
            refusals.append(Refusal(Why.RATE_LOCKED if rate else Why.UNRATED, at))
            continue
        prices = prices_of(fitting, judged.number, zone, judged.at, until)
        paying.append(Paying(level, level.group, rate, prices))
    judged.paying = paying
    # By its own first block alone: who reads it learns nothing of those above, which hold the price
    # of theirs all the same.
    own = first_block(paying[0].prices) if paying else 0
    judged.seconds = max(settings.SWITCH_SECONDS, own)
    return refusals


def _calls(judged: Judged, levels: Levels, caller: Caller) -> list[Refusal]:
    """The own level first: by the phone or gateway and its own ceiling. Those above have theirs,
    which bounds gateways.
    """
    own = caller.most_calls(judged.links[0].time_zone, judged.at)
    if own is None:
        return []
    permitted = {0: own}
    if caller.gateway:
        for at, one in enumerate(levels.all):
            if one.ceiling is not None:
                permitted[at] = min(permitted.get(at, one.ceiling), one.ceiling)
    judged.permitted, judged.calls = permitted, levels.calls
    return judged.too_many(judged.calls)


def short_of_money(judged: Judged) -> list[Refusal]:
    """The levels that cannot hold it by now, read anew."""
    assert judged.caller is not None
    return _short(judged, levels_of(judged.caller, judged.number).all)


def _short(judged: Judged, levels: Sequence[Level]) -> list[Refusal]:
    """Those that cannot hold it, as they stand by one reading."""
    left = {one.link.pk: one.left for one in levels}
    refusals = []
    for at, one in enumerate(judged.paying):
        available = left.get(one.link.pk)
        if available is not None and available < one.wanted(judged.seconds):
            refusals.append(Refusal(Why.NO_MONEY, at))
    return refusals

"""Rates at size: which rate applies to how many numbers a second, whether the fast way agrees with
the definition, and what one question for a price costs.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import perf_counter, process_time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from billing.rates.drafts import RateDraft
from billing.rates.models import Rate as StoredRate
from billing.rates.periods import Period, read_period
from billing.rates.pricing import Price
from billing.rates.queries import rates_for
from billing.rates.rating import UNRATED, Matcher, Rate, applying, micros_of, prefixes_of
from billing.rates.services.groups import group_create
from billing.rates.services.loading import rates_load
from billing.wallets.models import RateGroup
from vosportal.benchmarks.measure import Line, medians

# Numbers a second and core that a month of calls is rated at.
_AIM = 2_000_000
_ZONE = ZoneInfo("Asia/Dhaka")
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 365
_COUNTRIES = ("880", "91", "94", "44", "49", "1", "7", "971")
# No deck has a rate for it.
_UNSOLD = "33"
_LONGEST_PREFIX = 9
# No two of them cover one minute.
_PERIODS = tuple(map(read_period, ("mon-fri 08:00-20:00", "mon-sun 22:00-06:00")))


class Question(NamedTuple):
    """A number that was called, and when it was answered."""

    number: str
    at: datetime


def run(*, prefixes: int, numbers: int, rounds: int, say: Callable[[str], None]) -> list[Line]:
    """Measure the matching of many numbers, then the question for one price in the connected
    (scratch) database; figures are medians of `rounds`. `say` hears of progress.
    """
    chance = random.Random(7)  # noqa: S311 - rates and numbers, nothing secret
    rates = _deck(chance, prefixes)
    say(f"Matching {numbers:,} numbers with {len(rates):,} rates of {prefixes:,} prefixes …")
    asked = [_question(chance) for _one in range(numbers)]
    found = _matching(rates, asked, max(3, rounds // 10))
    say("Comparing each answer with the definition …")
    found.append(_differences(rates, asked))
    say(f"Loading {len(rates):,} rates into a group …")
    return found + _one_price(rates, asked, rounds)


# --- A deck ---------------------------------------------------------------------------------------


def _deck(chance: random.Random, prefixes: int) -> list[Rate]:
    """Prefixes that nest in each other. Most have one rate all the time; some change their price
    within the year, some have another one at night or by day.
    """
    found: dict[str, None] = dict.fromkeys(_COUNTRIES[:prefixes])
    known = list(found)
    while len(found) < prefixes:
        # Another digit or two behind a prefix there is, so that they nest.
        prefix = chance.choice(known) + "".join(
            chance.choices("0123456789", k=chance.randint(1, 2))
        )
        if len(prefix) <= _LONGEST_PREFIX and prefix not in found:
            found[prefix] = None
            known.append(prefix)
    rates: list[Rate] = []
    for prefix in found:
        rates += _dated(chance, prefix, None)
        if chance.random() < 0.1:
            for period in _PERIODS:
                rates += _dated(chance, prefix, period)
    return rates


def _dated(chance: random.Random, prefix: str, period: Period | None) -> list[Rate]:
    """The rates of a prefix one after the other; a few begin late or end early."""
    count = chance.choices((1, 2, 3), (70, 20, 10))[0]
    cuts = sorted(_BEGIN + timedelta(minutes=chance.randrange(_DAYS * 1440)) for _ in range(count))
    if chance.random() < 0.9:
        cuts[0] = _BEGIN - timedelta(days=1)
    last = None if chance.random() < 0.95 else cuts[-1] + timedelta(days=30)
    return [
        Rate(
            None,
            prefix,
            Price(Decimal(chance.randrange(1, 500_000)).scaleb(-6), first_block=1, increment=1),
            since,
            until,
            period,
            destination=f"Destination {prefix}",
        )
        for since, until in zip(cuts, [*cuts[1:], last], strict=True)
        if until is None or since < until
    ]


def _question(chance: random.Random) -> Question:
    country = chance.choice((*_COUNTRIES, _UNSOLD))
    rest = chance.randint(10, 13) - len(country)
    at = _BEGIN + timedelta(seconds=chance.randrange(_DAYS * 86_400))
    return Question(country + "".join(chance.choices("0123456789", k=rest)), at)


# --- Many numbers ---------------------------------------------------------------------------------


def _matching(rates: Sequence[Rate], asked: Sequence[Question], rounds: int) -> list[Line]:
    """How many numbers a second of processor time; one process uses one core."""
    began = process_time()
    matcher = Matcher(rates, _ZONE)
    made = (process_time() - began) * 1000
    numbers, moments = [one.number for one in asked], micros_of(one.at for one in asked)
    times = []
    for _turn in range(rounds):
        began = process_time()
        matcher.match(numbers, moments)
        times.append(process_time() - began)
    speed = len(asked) / sorted(times)[len(times) // 2]
    return [
        Line(
            f"numbers matched per second and core, {len(rates):,} rates",
            speed,
            "the aim",
            _AIM,
            "/s",
        ),
        Line("the deck made ready", made, "matching all numbers", len(asked) / speed * 1000),
    ]


def _differences(rates: Sequence[Rate], asked: Sequence[Question]) -> Line:
    """How many numbers are rated otherwise than the definition has it: none."""
    of_prefix: dict[str, list[Rate]] = defaultdict(list)
    for one in rates:
        of_prefix[one.prefix].append(one)
    places = Matcher(rates, _ZONE).match([one.number for one in asked], [one.at for one in asked])
    unrated = differing = 0
    for question, place in zip(asked, places.tolist(), strict=True):
        # The definition is asked about the rates of the number's prefixes alone: no others fit.
        fitting = [
            one for prefix in prefixes_of(question.number) for one in of_prefix.get(prefix, ())
        ]
        expected = applying(fitting, question.number, question.at, _ZONE)
        unrated += expected is None
        differing += (rates[place] if place != UNRATED else None) is not expected
    if differing:
        raise RuntimeError(f"{differing:,} numbers are rated otherwise than the definition says.")
    return Line(
        f"numbers of {len(asked):,} that differ from the definition ({unrated:,} unrated)",
        float(differing),
        "the aim",
        0.0,
        "",
    )


# --- One price ------------------------------------------------------------------------------------


def _one_price(rates: Sequence[Rate], asked: Sequence[Question], rounds: int) -> list[Line]:
    """The rates of one number out of a deck in the database, the first time and later, beside
    looking it up in a dict that holds the whole deck.
    """
    group = group_create(actor=SYSTEM, owner=None, name="Deck", time_zone=_ZONE.key)
    rates_load(actor=SYSTEM, group=group, drafts=[_draft(one) for one in rates])
    some = asked[:1000]
    deck: dict[str, list[Rate]] = defaultdict(list)
    for one in rates:
        deck[one.prefix].append(one)
    at = iter(range(10**9))

    def pricing() -> None:
        question = some[next(at) % len(some)]
        _priced(group, question)

    def looking_up() -> None:
        question = some[next(at) % len(some)]
        fitting = [x for prefix in prefixes_of(question.number) for x in deck.get(prefix, ())]
        applying(fitting, question.number, question.at, _ZONE)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    # A connection of its own has read nothing of the table yet.
    connection.close()
    began = perf_counter()
    with CaptureQueriesContext(connection) as queries:
        _priced(group, some[0])
    cold = (perf_counter() - began) * 1000
    if len(queries) != 1:
        raise RuntimeError(f"The rates of a number took {len(queries)} queries.")
    warm, plain = medians([pricing, looking_up], 10 * rounds)
    count = f"{len(rates):,} rates in the database"
    return [
        Line(f"price of one number, {count}, cold", cold, "the same, warm", warm, "ms"),
        Line(f"price of one number, {count}, warm", warm, "a dict of the deck", plain, "ms"),
    ]


def _priced(group: RateGroup, question: Question) -> Rate | None:
    found: Sequence[StoredRate] = rates_for([group.pk], question.number, question.at)[group.pk]
    plain = [one.plain for one in found]
    return applying(plain, question.number, question.at, _ZONE)


def _draft(one: Rate) -> RateDraft:
    price = one.price
    return RateDraft(
        one.prefix,
        price.per_minute,
        one.destination,
        price.connection_fee,
        price.first_block,
        price.increment,
        one.since,
        one.until,
        one.is_locked,
        one.period,
    )

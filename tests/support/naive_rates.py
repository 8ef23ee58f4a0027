"""Which rate applies and what it comes to, written once more as the rules say it, slowly
(docs/domain.md 7).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from billing.rates.periods import Period
from billing.rates.pricing import Price
from billing.rates.rating import Rate


def covers(period: Period, local: datetime) -> bool:
    """Whether the clock on the wall stands within the period: on a weekday of it, from its
    beginning to, and without, its end; where that is not later, the end is on the day after.
    """
    today, minute = local.date(), local.hour * 60 + local.minute
    yesterday = today - timedelta(days=1)
    begins_today = bool(period.days & 1 << today.weekday())
    began_yesterday = bool(period.days & 1 << yesterday.weekday())
    if period.end > period.begin:
        return begins_today and period.begin <= minute < period.end
    return (begins_today and minute >= period.begin) or (began_yesterday and minute < period.end)


def is_in_effect(rate: Rate, at: datetime, zone: ZoneInfo) -> bool:
    """From its beginning to, and without, its end, and only within its period, if it has one."""
    if at < rate.since:
        return False
    if rate.until is not None and at >= rate.until:
        return False
    return rate.period is None or covers(rate.period, at.astimezone(zone))


def naive(rates: Sequence[Rate], number: str, at: datetime, zone: ZoneInfo) -> Rate | None:
    """Of the beginnings of the number that have a rate in effect, the longest; there the one with a
    period goes first.
    """
    for length in range(len(number), 0, -1):
        there = [
            one for one in rates if one.prefix == number[:length] and is_in_effect(one, at, zone)
        ]
        for one in there:
            if one.period is not None:
                return one
        for one in there:
            return one
    return None


def naive_amount(price: Price, seconds: int) -> tuple[int, Fraction]:
    """(billed seconds, amount in micro-units) before the one rounding: seconds are counted off
    block by block.
    """
    if seconds == 0:
        return 0, Fraction(0)
    billed = price.first_block
    while billed < seconds:
        billed += price.increment
    amount = Fraction(price.per_minute) * billed / 60 + Fraction(price.connection_fee)
    return billed, amount * 1_000_000

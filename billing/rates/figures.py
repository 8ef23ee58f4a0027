"""Prices, lengths and shares as people read them."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.kit.figures import MINUS
from accounts.kit.moments import day_begin, day_of_words, moment_words
from billing.money import DECIMALS, plain

_HUNDRED = Decimal(100)


def exact(amount: Decimal) -> str:
    """As arithmetic shows it: all six decimals."""
    sign = MINUS if amount < 0 else ""
    return f"{sign}{abs(amount):,.{DECIMALS}f}"


def per_minute(price: Decimal) -> str:
    """A price of a minute: at least four decimals, never rounded."""
    whole, _point, decimals = plain(price).partition(".")
    return f"{int(whole):,}.{decimals.ljust(4, '0')}"


def length_words(seconds: int) -> str:
    """5:37, or 1:02:03 from an hour on."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def since_words(at: datetime) -> str:
    """A beginning: the day where it is midnight by the reader's clocks, else the moment."""
    is_midnight = at == day_begin(timezone.localdate(at))
    return day_of_words(at) if is_midnight else moment_words(at)


def percent(part: Decimal | None, whole: Decimal | None) -> str:
    """How much of the whole it is: 24.8 %; "" where that says nothing."""
    if part is None or not whole:
        return ""
    share = part / whole * _HUNDRED
    return f"{MINUS if share < 0 else ''}{abs(share):,.1f} %"

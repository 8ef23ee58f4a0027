"""What single cells of a carrier's deck mean: prefixes, prices, blocks, moments, yes and no. Pure
functions, no database. Nothing is guessed: what can be read in two ways is refused, and said.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.legible import in_utc
from accounts.kit.moments import FIRST_DAY, LAST_DAY
from accounts.kit.sheet_stream import Figure
from billing.errors import BadAmount
from billing.money import check_amount, parse_amount, plain
from billing.rates.pricing import MAX_BLOCK, MAX_PRICE
from billing.rates.rating import MOST_DIGITS

# A cell with more prefixes is no list that anybody wrote.
MOST_IN_CELL = 1_000
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "dmy", "mdy", "ymd"
COMMA, POINT = "comma", "point"

_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212", "------")
_BETWEEN = re.compile(r"[,;|/]| and | & ", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "BDT": "৳", "INR": "₹", "JPY": "¥"}
_COMMA_ONLY = re.compile(
    r"(?P<whole>\d*|[1-9]\d{0,2}(?:[. ']\d{3})+),(?P<behind>\d{1,2}|\d{4,})"
    r"|(?P<zero>0*),(?P<three>\d{3})|(?P<many>[1-9]\d{0,2}(?:\.\d{3})+),(?P<rest>\d+)"
)
_POINT_ONLY = re.compile(r"\d*\.(?:\d{1,2}|\d{4,})|0*\.\d{3}|\d{1,3}(?:,\d{3})+\.\d+")
_COMMAS = re.compile(r"(\d*|[1-9]\d{0,2}(?:[. ']\d{3})+),(\d+)")
_NOW = frozenset({"", "-", "--", "immediate", "immediately", "now", "asap", "at once", "sofort"})
_NO_END = frozenset({"", "-", "--", "open", "never", "none", "n/a", "unlimited", "no end"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YES = frozenset(
    {"1", "y", "yes", "true", "locked", "blocked", "x", "closed", "barred", "ja", "si"}
)
_NO = frozenset({"", "0", "n", "no", "false", "unlocked", "open", "active", "-", "none"})
_BLOCKS = re.compile(r"(\d{1,6})(?:\s*[/+:|-]\s*(\d{1,6}))?\s*(?:s|sec|secs|seconds)?\.?")
_FIGURES = re.compile(
    r"(?P<a>\d{1,4})(?P<by>[./-])(?P<b>\d{1,2})(?P=by)(?P<c>\d{2}|\d{4})(?P<rest>\D.*)?"
)
_NAMED = re.compile(
    r"(?:[a-z]{3,9}\.?,? )?(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?[ ./-]*(?P<m>[a-z]{3,9})\.?"
    r"|(?P<m2>[a-z]{3,9})\.?[ ./-]*(?P<d2>\d{1,2})(?:st|nd|rd|th)?),?[ ./-]*"
    r"(?P<y>\d{4}|\d{2})(?P<rest>\D.*)?"
)
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_CLOCK = re.compile(
    r"[ tT,]*(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?P<f>\.\d{1,6})?)?\s*(?P<half>[ap]m)?\s*"
    r"(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)

# Decks say the same again and again. Figures are told from texts that look like them.
_remembered = lru_cache(maxsize=4096, typed=True)


class BadCell(Refused):
    """What a cell says cannot be taken."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="cell", field="file")


def is_prefix(text: str) -> bool:
    """Whether this is one prefix, digit for digit."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def prefixes_of_cell(text: str, country: str | None = None) -> list[str]:
    """The prefixes of a cell: several beside each other, ranges, or those of a country behind it
    ("880-17,18,19"). `country` is what another column says stands before all of them.
    """
    typed = text.translate(_DASHES).strip().removesuffix("*").removesuffix("%").strip()
    if country:
        before = _one(country, "")
        parts = [one.strip() for one in _BETWEEN.split(typed) if one.strip()]
        found = [before + rest for part in parts for rest in _area(part)] or [before]
    else:
        found = list(_listed([one.strip() for one in _BETWEEN.split(typed) if one.strip()]))
    if not found:
        raise BadCell(_("There is no prefix."))
    if len(found) > MOST_IN_CELL:
        raise _too_many()
    for one in found:
        if len(one) > MOST_DIGITS:
            words = _("%(prefix)s has more than %(most)s digits.")
            raise BadCell(words % {"prefix": one, "most": MOST_DIGITS})
        if one.startswith("0"):
            words = _("%(prefix)s begins with 0: write it with its country code.")
            raise BadCell(words % {"prefix": one})
    if len(set(found)) < len(found):
        raise BadCell(_("A prefix stands in it twice."))
    return found


def _listed(parts: Sequence[str]) -> Iterable[str]:
    """Prefixes without a country of their own. The first may name one for all that follow."""
    country = ""
    for at, part in enumerate(parts):
        first, dash, last = part.partition("-")
        if country:
            yield from (country + one for one in _area(part))
        elif not dash:
            yield _one(part, part)
        else:
            low, high = _one(first.strip(), part), _digits(last.strip(), part)
            is_range = len(low) == len(high) and low < high
            if len(low) > 3 and is_range:
                yield from _range(low, high)
            elif len(low) <= 3 and not is_range:
                # Behind further prefixes it would not say whose they are.
                if at:
                    raise _two_ways(part)
                country = low
                yield country + high
            else:
                raise _two_ways(part)


def _area(part: str) -> Iterable[str]:
    """What stands behind a country code: one code, or a range."""
    first, dash, last = part.partition("-")
    low = _digits(first.strip(), part)
    if not dash:
        yield low
        return
    high = _digits(last.strip(), part)
    if len(low) != len(high) or low >= high:
        raise _two_ways(part)
    yield from _range(low, high)


def _range(low: str, high: str) -> Iterable[str]:
    if int(high) - int(low) >= MOST_IN_CELL:
        raise _too_many()
    for one in range(int(low), int(high) + 1):
        yield str(one).zfill(len(low))


def _one(text: str, shown: str) -> str:
    """A prefix with its country: without what stands before numbers that are dialled abroad."""
    bare = text.strip()
    if bare.startswith("+"):
        bare = bare[1:].strip()
    elif bare.startswith("00"):
        bare = bare[2:]
    return _digits(bare, shown or text)


def _digits(text: str, shown: str) -> str:
    if not text.isascii() or not _DIGITS.fullmatch(text):
        if re.fullmatch(r"\d[.,]\d+e\+?\d+", text.lower()):
            raise BadCell(_("A spreadsheet has shortened this number; its digits are lost."))
        words = _("“%(text)s” is no prefix: digits, with commas between several.")
        raise BadCell(words % {"text": shown[:40]})
    return text


def _two_ways(part: str) -> BadCell:
    words = _("“%(text)s” can be read in two ways: write each prefix in full.")
    return BadCell(words % {"text": part[:40]})


def _too_many() -> BadCell:
    return BadCell(_("More than %(most)s prefixes stand in one cell.") % {"most": MOST_IN_CELL})


@_remembered
def decimal_sign(text: str) -> str:
    """COMMA or POINT, where a price can be written with that sign of decimals only; else ""."""
    if isinstance(text, Figure):
        return ""
    bare = _without_sign(text)
    if _COMMA_ONLY.fullmatch(bare):
        return COMMA
    return POINT if _POINT_ONLY.fullmatch(bare) else ""


@_remembered
def read_price(text: str, sign: str) -> Decimal:
    """A price per minute, or a fee. `sign` is how the deck writes decimals, where that is known."""
    bare = text if isinstance(text, Figure) else _without_sign(text)
    try:
        amount = _amount(bare, "" if isinstance(text, Figure) else sign)
    except BadAmount as error:
        raise BadCell(str(error.message)) from error
    if amount > MAX_PRICE:
        raise BadCell(_("No price is above %(most)s.") % {"most": plain(MAX_PRICE)})
    return amount


def _amount(bare: str, sign: str) -> Decimal:
    if sign == COMMA and (found := _COMMAS.fullmatch(bare)):
        return check_amount(Decimal(re.sub(r"\D", "", found[1] or "0") + "." + found[2]))
    if sign == COMMA and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", bare):
        words = _("Do you mean %(one)s or %(other)s? Write it like this.")
        said = {"one": plain(Decimal(bare.replace(".", ""))), "other": plain(Decimal(bare))}
        raise BadAmount(words % said, code="ambiguous")
    if sign == POINT and re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    if re.fullmatch(r"[.,]\d+", bare):
        bare = f"0{bare}"
    return parse_amount(bare)


def _without_sign(text: str) -> str:
    """Without the platform's own currency, as a sign or by its name."""
    own = settings.CURRENCY.upper()
    bare = text.strip()
    for one in (own, _SIGNS.get(own, own)):
        bare = bare.removeprefix(one).removesuffix(one).strip()
    return bare


@_remembered
def read_blocks(text: str) -> tuple[int, int]:
    """(first block, increment) of a cell such as "60/60"; a single figure is both."""
    found = _BLOCKS.fullmatch(text.strip().lower())
    if found is None:
        raise BadCell(_("“%(text)s” is no interval: write it like 60/60.") % {"text": text[:40]})
    first = int(found[1])
    return _block(first), _block(int(found[2]) if found[2] else first)


def _block(seconds: int) -> int:
    if not 1 <= seconds <= MAX_BLOCK:
        raise BadCell(_("An interval is 1 to %(most)s seconds.") % {"most": MAX_BLOCK})
    return seconds


def read_flag(text: str) -> bool:
    """Yes or no."""
    typed = text.strip().lower()
    if typed in _YES:
        return True
    if typed in _NO:
        return False
    raise BadCell(_("“%(text)s” is neither yes nor no.") % {"text": text[:40]})


@_remembered
def day_orders(text: str) -> frozenset[str]:
    """The orders of day, month and year in which a date can be read; none for what says itself, or
    is no date.
    """
    found = _FIGURES.fullmatch(text.strip().lower())
    if found is None or len(found["a"]) == 4:
        return frozenset()
    a, b, c = int(found["a"]), int(found["b"]), int(found["c"])
    if a == b and len(found["c"]) == 4:
        return frozenset()
    orders = set()
    if 1 <= a <= 31 and 1 <= b <= 12:
        orders.add(DAY_FIRST)
    if 1 <= a <= 12 and 1 <= b <= 31:
        orders.add(MONTH_FIRST)
    if len(found["c"]) == 2 and len(found["a"]) == 2 and 1 <= b <= 12 and 1 <= c <= 31:
        orders.add(YEAR_FIRST)
    return frozenset(orders)


@_remembered
def read_begin(text: str, zone: ZoneInfo, order: str) -> datetime | None:
    """From when on; None: from when the deck is entered."""
    return None if text.strip().lower() in _NOW else read_date(text, zone, order)


@_remembered
def read_end(text: str, zone: ZoneInfo, order: str) -> datetime | None:
    """Until when; None: without end."""
    return None if text.strip().lower() in _NO_END else read_date(text, zone, order)


def read_date(text: str, zone: ZoneInfo, order: str) -> datetime:
    """A moment of the group's time zone, or of the one that stands with it."""
    typed = " ".join(text.lower().split())
    year, month, day, rest = _day(typed, order)
    clock = _CLOCK.fullmatch(rest) if rest.strip(" ,t") else None
    if rest.strip(" ,t") and clock is None:
        raise _no_date(text)
    if not FIRST_DAY.year <= year <= LAST_DAY.year:
        words = _("The year %(year)s is none from %(first)s to %(last)s.")
        said = {"year": year, "first": FIRST_DAY.year, "last": LAST_DAY.year}
        raise BadCell(words % said)
    try:
        local = datetime(year, month, day, *_time(clock))
    except ValueError as error:
        raise _no_date(text) from error
    if clock and clock["zone"]:
        offset = clock["zone"].replace(":", "")
        offset = "+0000" if offset.isalpha() else offset
        stated = datetime.strptime(f"{local.isoformat()}{offset}", _stated(local))
        utc = in_utc(stated)
    else:
        aware = local.replace(tzinfo=zone)
        utc = in_utc(aware)
        if utc is not None and utc.astimezone(zone).replace(tzinfo=None) != local:
            words = _("The clocks of %(zone)s do not show “%(text)s”.")
            raise BadCell(words % {"zone": zone.key, "text": text[:40]})
    if utc is None:
        raise _no_date(text)
    return utc


def _stated(local: datetime) -> str:
    return "%Y-%m-%dT%H:%M:%S.%f%z" if local.microsecond else "%Y-%m-%dT%H:%M:%S%z"


def _time(clock: re.Match[str] | None) -> tuple[int, int, int, int]:
    if clock is None:
        return 0, 0, 0, 0
    hour, half = int(clock["h"]), clock["half"]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("No hour of half a day.")
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    micros = int((clock["f"] or ".0")[1:].ljust(6, "0"))
    return hour, int(clock["m"]), int(clock["s"] or 0), micros


def _day(typed: str, order: str) -> tuple[int, int, int, str]:
    """(year, month, day, what follows)."""
    if found := _COMPACT.fullmatch(typed):
        return int(found[1]), int(found[2]), int(found[3]), ""
    if found := _FIGURES.fullmatch(typed):
        a, b, c = int(found["a"]), int(found["b"]), int(found["c"])
        rest = found["rest"] or ""
        if len(found["a"]) >= 3:
            return a, b, c, rest
        sure = _sure_order(day_orders(typed), order)
        if not sure:
            raise BadCell(
                _("Which is the day, and which the month, in “%(text)s”?") % {"text": typed[:40]}
            )
        if sure == YEAR_FIRST:
            return 2000 + a, b, c, rest
        year = c if len(found["c"]) == 4 else 2000 + c
        return (year, b, a, rest) if sure == DAY_FIRST else (year, a, b, rest)
    found = _NAMED.fullmatch(typed)
    name = (found["m"] or found["m2"])[:3] if found else ""
    if found is None or name not in _MONTHS:
        raise _no_date(typed)
    year = int(found["y"]) + (2000 if len(found["y"]) == 2 else 0)
    return year, _MONTHS.index(name) + 1, int(found["d"] or found["d2"]), found["rest"] or ""


def _sure_order(orders: frozenset[str], order: str) -> str:
    """In which one a day is read, of a deck that has an `order` of its own, or none (""); "" where
    that is not sure. What is the same day in any order, or none at all, is read day first.
    """
    if not orders:
        return DAY_FIRST
    may_be = orders & {order} if order else orders
    return next(iter(may_be)) if len(may_be) == 1 else ""


def _no_date(text: str) -> BadCell:
    return BadCell(_("“%(text)s” is no date: write it like 2026-12-01.") % {"text": text[:40]})

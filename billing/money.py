"""Exact amounts: read what people type, write what they read. Pure functions, no database.

An amount is a `Decimal` with at most six decimals (docs/domain.md 6). It is stored as an integer
of micro-units, 10⁻⁶ of the platform's currency, which every database adds exactly.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

from django.utils.translation import gettext as _

from billing.errors import BadAmount

DECIMALS = 6
MICRO = 10**DECIMALS
_STEP = Decimal(1).scaleb(-DECIMALS)
MAX_AMOUNT = Decimal(1_000_000_000)
# No payment makes a balance larger; its column holds nine times as much.
MAX_BALANCE = 1000 * MAX_AMOUNT
MINUS = "\N{MINUS SIGN}"

_PLAIN = re.compile(r"\d+(?:\.\d+)?")
# A comma groups thousands only where nothing else can be meant.
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}")
_LONGEST = 40


def parse_amount(text: str) -> Decimal:
    """The amount somebody typed, zero or more. Spaces are ignored.

    Raises BadAmount with what to do about it: no number, more than six decimals, too large, or a
    comma that might be a decimal point as well as a thousands separator.
    """
    bare = re.sub(r"[\s\u00a0\u202f]", "", text)
    if not bare:
        raise BadAmount(_("Enter an amount."), code="empty")
    if len(bare) > _LONGEST:
        raise BadAmount(_("This amount is too large."), code="too_large")
    if bare[0] in f"-{MINUS}":
        raise BadAmount(_("Enter an amount above zero."), code="negative")
    # Digits of other scripts would pass for digits.
    if not bare.isascii() or not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        if re.fullmatch(r"[\d.,]+", bare) and "," in bare:
            raise BadAmount(
                _("Write the amount with a point and without commas, such as 1500.50."),
                code="ambiguous",
            )
        raise BadAmount(_("Enter an amount such as 1500.50."), code="no_number")
    return check_amount(Decimal(bare.replace(",", "")))


def parse_signed(text: str) -> Decimal:
    """As `parse_amount`, with a minus sign permitted: balances and differences."""
    bare = text.strip()
    if bare[:1] in ("-", MINUS):
        return -parse_amount(bare[1:])
    return parse_amount(bare)


def check_amount(amount: Decimal) -> Decimal:
    """The amount with exactly the decimals it may have. Raises BadAmount."""
    if not amount.is_finite():
        raise BadAmount(_("Enter an amount such as 1500.50."), code="no_number")
    if abs(amount) > MAX_AMOUNT:
        raise BadAmount(_("This amount is too large."), code="too_large")
    with localcontext(prec=60):
        exact = amount.quantize(_STEP)
        if exact != amount:
            raise BadAmount(
                _("Use at most %(decimals)s decimals.") % {"decimals": DECIMALS},
                code="too_many_decimals",
            )
    return exact


def to_micros(amount: Decimal) -> int:
    """The integer that is stored. Raises BadAmount for what does not fit six decimals."""
    with localcontext(prec=60):
        scaled = amount.scaleb(DECIMALS)
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise BadAmount(
                _("Use at most %(decimals)s decimals.") % {"decimals": DECIMALS},
                code="too_many_decimals",
            )
        return int(scaled)


def from_micros(value: int) -> Decimal:
    """The amount behind a stored integer."""
    with localcontext(prec=60):
        return Decimal(value).scaleb(-DECIMALS)


def rounded(amount: Decimal) -> Decimal:
    """Half-up to six decimals: the last step of a calculation, and the only one that rounds."""
    with localcontext(prec=60):
        return amount.quantize(_STEP, rounding=ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """As programs read it: a point, no grouping, at least two decimals, never rounded."""
    with localcontext(prec=60):
        text = f"{abs(amount):.{DECIMALS}f}"
    whole, _point, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(2, "0")
    return f"{'-' if amount < 0 else ''}{whole}.{decimals}"


def shown(amount: Decimal) -> str:
    """As people read it: `1,204.50`, with a real minus sign, at least two decimals, never
    rounded.
    """
    whole, _point, decimals = plain(abs(amount)).partition(".")
    sign = MINUS if amount < 0 else ""
    return f"{sign}{int(whole):,}.{decimals}"


def signed(amount: Decimal) -> str:
    """As `shown`, with a plus sign before what comes in: movements."""
    return f"+{shown(amount)}" if amount > 0 else shown(amount)

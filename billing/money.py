"""Exact amounts: read what people type, write what they read. Pure functions, no database.

An amount is a `Decimal` with at most six decimals (docs/domain.md 6). It is stored as an integer
of micro-units, 10⁻⁶ of the platform's currency, which every database adds exactly.
"""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import NoReturn

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.kit.figures import ARABIC_COMMA, ARABIC_POINT, MINUS, tidied
from billing.errors import BadAmount

DECIMALS = 6
MICRO = 10**DECIMALS
_STEP = Decimal(1).scaleb(-DECIMALS)
# Loses no digit of any amount.
_EXACT = Context(prec=60)
MAX_AMOUNT = Decimal(1_000_000_000)
# No payment makes a balance larger; its column holds nine times as much.
MAX_BALANCE = 1000 * MAX_AMOUNT

_LONGEST = 60
# What can be meant in one way only. No group begins with a zero, and all are set off alike.
_ONE_WAY = tuple(
    re.compile(pattern)
    for pattern in (
        # The point is the portal's own sign of decimals, so that what it writes is read again.
        rf"(?P<whole>\d+)(?:[.{ARABIC_POINT}](?P<behind>\d+))?",
        rf"(?P<whole>[1-9]\d{{0,2}}(?P<by>[ '{ARABIC_COMMA}])\d{{3}}(?:(?P=by)\d{{3}})*)"
        rf"(?:[.,{ARABIC_POINT}](?P<behind>\d+))?",
        rf"(?P<whole>[1-9]\d{{0,2}}(?:,\d{{3}})+)[.{ARABIC_POINT}](?P<behind>\d+)",
        rf"(?P<whole>[1-9]\d{{0,2}}(?:\.\d{{3}})+)[,{ARABIC_POINT}](?P<behind>\d+)",
        r"(?P<whole>[1-9]\d{0,2}(?:,\d{3}){2,}|[1-9]\d{0,2}(?:\.\d{3}){2,})(?P<behind>)",
        # A comma before three digits may group thousands as well, but none below one thousand.
        r"(?P<whole>\d+),(?P<behind>\d{1,2}|\d{4,})",
        r"(?P<whole>0),(?P<behind>\d{3})",
    )
)
_TWO_WAYS = re.compile(r"(?P<whole>\d+),(?P<behind>\d{3})")
_UNFINISHED = re.compile(rf"(?P<whole>\d*)[.,{ARABIC_POINT}](?P<behind>\d*)")
# As lakhs and crores are written.
_GROUPED_BY_TWO = re.compile(r"(?P<whole>[1-9]\d?(?:,\d\d)+,\d{3})(?:\.(?P<behind>\d+))?")
_BRACKETED = re.compile(r"\((.+)\)")
_FIGURE = re.compile(rf"[\d.,' {ARABIC_POINT}{ARABIC_COMMA}]+")


def parse_amount(text: str) -> Decimal:
    """The amount somebody typed, zero or more; as `parse_signed`. Raises BadAmount below zero."""
    is_negative, bare = _signed(text)
    if is_negative:
        raise BadAmount(_("Enter an amount above zero."), code="negative")
    return _unsigned(bare)


def parse_signed(text: str) -> Decimal:
    """The amount somebody typed, with a sign or without: a decimal point or comma, thousands
    grouped, the platform's currency beside it.

    Raises BadAmount with what to do about it: no number, more than six decimals, too large, or
    what can be read in two ways, such as "1,500". Nothing is guessed.
    """
    is_negative, bare = _signed(text)
    amount = _unsigned(bare)
    return -amount if is_negative else amount


def _signed(text: str) -> tuple[bool, str]:
    """Whether a minus sign stands before it, and the rest without sign and currency."""
    if len(text) > 100 * _LONGEST:
        raise BadAmount(_("This amount is too large."), code="too_large")
    rest = tidied(text)
    if bracketed := _BRACKETED.fullmatch(rest):
        amount = _unsigned(_without_currency(bracketed[1]))
        _ask(f"{MINUS}{shown(amount)}", shown(amount))
    sign, rest = _cut_sign(rest)
    rest = _without_currency(rest)
    if not sign:
        sign, rest = _cut_sign(rest)
    return sign == "-", rest


def _cut_sign(text: str) -> tuple[str, str]:
    return (text[0], text[1:].lstrip()) if text[:1] in ("-", "+") else ("", text)


def _without_currency(text: str) -> str:
    """Without the name of the platform's own currency, before the number or behind it."""
    own = settings.CURRENCY.upper()
    if text.upper().startswith(own):
        return text[len(own) :].lstrip()
    return text[: -len(own)].rstrip() if text.upper().endswith(own) else text


def _unsigned(bare: str) -> Decimal:
    if not bare:
        raise BadAmount(_("Enter an amount."), code="empty")
    if len(bare) > _LONGEST:
        raise BadAmount(_("This amount is too large."), code="too_large")
    # Digits of other scripts would pass for digits.
    if not _FIGURE.fullmatch(bare) or not re.search(r"[0-9]", bare) or not _is_plain(bare):
        _refuse_words(bare)
    for pattern in _ONE_WAY:
        if found := pattern.fullmatch(bare):
            return check_amount(_amount(found))
    _refuse_figure(bare)


def _is_plain(bare: str) -> bool:
    return bare.replace(ARABIC_POINT, "").replace(ARABIC_COMMA, "").isascii()


def _amount(found: re.Match[str]) -> Decimal:
    whole = re.sub(r"\D", "", found["whole"])
    return Decimal(f"{whole or 0}.{found['behind'] or 0}")


def _refuse_words(bare: str) -> NoReturn:
    """Say what is wrong with what is more than a figure."""
    if _is_beside_currency(bare):
        words = _("Amounts are in %(currency)s. Write the number alone, such as 1500.50.")
        raise BadAmount(words % {"currency": settings.CURRENCY}, code="other_currency")
    raise BadAmount(_("Enter an amount such as 1500.50."), code="no_number")


def _is_beside_currency(bare: str) -> bool:
    """Whether a figure stands beside what looks like a currency: "12 EUR", "US$12", "৳12"."""
    beside = re.sub(r"[\d.,' ]+", "", bare)
    signs = sum(unicodedata.category(one) == "Sc" for one in beside)
    letters = sum(one.isalpha() for one in beside)
    is_currency = (signs == 1 or letters in (2, 3)) and signs + letters == len(beside)
    return is_currency and bool(re.search(r"[0-9]", bare))


def _refuse_figure(bare: str) -> NoReturn:
    """Ask which amount is meant by a figure that can be read in two ways, or that is unfinished."""
    if found := _TWO_WAYS.fullmatch(bare):
        _ask(plain(Decimal(found["whole"] + found["behind"])), plain(_amount(found)))
    if found := _GROUPED_BY_TWO.fullmatch(bare) or _UNFINISHED.fullmatch(bare):
        amount = _amount(found)
        words = _("Do you mean %(amount)s? Write it like this.") % {"amount": plain(amount)}
        raise BadAmount(words, code="ambiguous" if found.re is _GROUPED_BY_TWO else "no_number")
    if " " in bare or "'" in bare:
        words = _(
            "Is this one number? Write it without spaces, or in groups of three: 1500.50 or"
            " 1 500.50."
        )
        raise BadAmount(words, code="ambiguous")
    if "," in bare:
        words = _("Write the amount with a point and without commas, such as 1500.50.")
        raise BadAmount(words, code="ambiguous")
    raise BadAmount(_("Enter an amount such as 1500.50."), code="no_number")


def _ask(one: str, other: str) -> NoReturn:
    words = _("Do you mean %(one)s or %(other)s? Write it like this.")
    raise BadAmount(words % {"one": one, "other": other}, code="ambiguous")


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
    return Decimal(value).scaleb(-DECIMALS, _EXACT)


def rounded(amount: Decimal) -> Decimal:
    """Half-up to six decimals: the last step of a calculation, and the only one that rounds."""
    with localcontext(prec=60):
        return amount.quantize(_STEP, rounding=ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """As programs read it: a point, no grouping, at least two decimals, never rounded."""
    text = str(amount.copy_abs().quantize(_STEP, context=_EXACT))
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

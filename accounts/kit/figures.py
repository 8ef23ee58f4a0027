"""Figures as people type them, on whatever device: what only looks different is made the same, and
what can be read in two ways is asked about. Pure functions, no database.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused

MINUS = "\N{MINUS SIGN}"
# What keyboards and word processors write for a minus sign.
_MINUSES = "-\u2010\u2011\u2012\u2013\u2212\ufe63"
_APOSTROPHES = "'\u2018\u2019\u02bc"
# What is typed for them on a keyboard for full-width characters.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# They turn around what is shown: what is read would not be what was seen.
_OVERRIDES = "\u202d\u202e"
ARABIC_POINT, ARABIC_COMMA = "\N{ARABIC DECIMAL SEPARATOR}", "\N{ARABIC THOUSANDS SEPARATOR}"

_MOST_DIGITS = 12
_GROUPED = re.compile(rf"[1-9]\d{{0,2}}(?P<by>[ ',{ARABIC_COMMA}])\d{{3}}(?:(?P=by)\d{{3}})*")
_GROUPED_BY_POINTS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,}")
_NOTHING_BEHIND = re.compile(rf"(\d+)[.,{ARABIC_POINT}]0+")
_POINT_AND_THREE = re.compile(r"([1-9]\d{0,2})\.(\d{3})")


class NoCount(Refused):
    """What was typed is no whole number, or could be two."""


def tidied(text: str) -> str:
    """The same figure with ASCII digits and signs, plain spaces and nothing invisible. Characters
    that no figure has stay, and so do digits of several scripts beside each other, for they may be
    chosen to look like others.
    """
    text = text.translate(_FULL_WIDTH)
    kept = []
    for one in text:
        category = unicodedata.category(one)
        if category == "Cf" and one not in _OVERRIDES:
            continue
        if category == "Zs":
            one = " "
        elif one in _MINUSES:
            one = "-"
        elif one in _APOSTROPHES:
            one = "'"
        kept.append(one)
    return _with_ascii_digits("".join(kept)).strip()


def _with_ascii_digits(text: str) -> str:
    zeros = {ord(one) - unicodedata.decimal(one) for one in text if one.isdecimal()}
    if len(zeros) != 1:
        return text
    zero = zeros.pop()
    return text.translate({zero + digit: str(digit) for digit in range(10)})


def read_count(text: str) -> int:
    """The whole number somebody typed, in groups of three or not, a minus sign permitted. Raises
    NoCount; with the code "ambiguous" it asks which number is meant.
    """
    bare = tidied(text)
    sign, digits = 1, bare
    if bare[:1] in ("-", "+"):
        sign, digits = (-1 if bare[0] == "-" else 1), bare[1:].lstrip(" ")
    nothing_behind = _NOTHING_BEHIND.fullmatch(digits)
    if asked := _POINT_AND_THREE.fullmatch(digits):
        # "12.000" is twelve where a point begins the decimals, and a thousand times as much where
        # it groups.
        raise NoCount(_asked(*asked.groups()), code="ambiguous")
    if _GROUPED.fullmatch(digits) or _GROUPED_BY_POINTS.fullmatch(digits):
        digits = re.sub(r"\D", "", digits)
    elif nothing_behind:
        digits = nothing_behind[1]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise NoCount(_("Enter a whole number, such as 5000."), code="invalid")
    return sign * int(digits)


def _asked(whole: str, behind: str) -> str:
    if behind == "000":
        return _("Do you mean %(one)s or %(other)s? Write it without a point.") % {
            "one": whole,
            "other": whole + behind,
        }
    return _("Do you mean %(number)s? Write it without a point.") % {"number": whole + behind}

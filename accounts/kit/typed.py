"""Texts as their writers saw them: what keyboards, contacts and office programs put in or exchange
without anybody seeing it. No database.
"""

import unicodedata

# Every kind of dash but the long ones, which stand between two things as well.
_HYPHENS = "-\u2010\u2011\u2012\u2015\u2043\u2212\ufe58\ufe63\uff0d\u02d7"
_LONG = "\u2013\u2014"
_SLASHES = "/\u2044\u2215\uff0f"
_WAVES = "~\u301c\uff5e\u223c"
_SAME = {
    **dict.fromkeys(_HYPHENS, "-"),
    **dict.fromkeys(_LONG, "\u2013"),
    **dict.fromkeys(_SLASHES, "/"),
    **dict.fromkeys(_WAVES, "~"),
    "\u3002": ".",
    "\uff61": ".",
    "\ufe62": "+",
}
# Line and paragraph ends of other systems stay ends of lines.
_LINE_ENDS = "\n\r\t\u2028\u2029\u0085"


def plain(text: str) -> str:
    """The text without invisible marks (of direction, width and joining), with every digit and sign
    of other scripts and widths as the ASCII one, every space as a space, and dashes as "-", or "–"
    for long ones. Control characters stay: nobody types them, so whoever reads refuses them.
    """
    return "".join(map(_plain, text))


def _plain(one: str) -> str:
    if "\x20" <= one < "\x7f":
        return one
    same = _SAME.get(one)
    if same is not None:
        return same
    kind = unicodedata.category(one)
    # Variation selectors only choose how the sign before them is drawn.
    if kind == "Cf" or "\ufe00" <= one <= "\ufe0f":
        return ""
    if kind == "Nd":
        return str(unicodedata.decimal(one))
    if one.isspace():
        return one if one in _LINE_ENDS else " "
    if "\uff01" <= one <= "\uff5e":
        return chr(ord(one) - 0xFEE0)
    return one

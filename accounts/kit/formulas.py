"""The mark before texts that a spreadsheet would take for a formula. Pure functions.

A text is marked by an apostrophe. One that begins with apostrophes before such a text is marked as
well, so that taking one mark off gives back every text.
"""

import unicodedata

MARK = "'"
_SIGNS = frozenset("=+-@")
# They begin a formula for some readers of CSV, and end a cell for others.
_BREAKS = frozenset("\t\r\n")
# Blank, though no category of characters says so: fillers of Hangul, blank Braille.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula: behind blanks of any kind, controls,
    invisible characters and marks of our own, it begins with a sign of formulas, full-width ones
    included; or a tab or an end of line stands among them.
    """
    rest = text.lstrip(MARK)
    for one in rest:
        if one in _BREAKS:
            return True
        if not _is_blank(one):
            return unicodedata.normalize("NFKC", one)[:1] in _SIGNS
    return False


def guarded(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    return f"{MARK}{text}" if is_formula(text) else text


def is_guarded(text: str) -> bool:
    """Whether the text begins as `guarded` writes."""
    return text.startswith(MARK) and is_formula(text)


def without_guard(text: str) -> str:
    """A text as it was before it was `guarded`."""
    return text[1:] if is_guarded(text) else text


def _is_blank(one: str) -> bool:
    return unicodedata.category(one)[0] in "ZCM" or one in _FILLERS

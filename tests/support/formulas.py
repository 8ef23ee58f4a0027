"""Texts that do harm where they are shown or written, by table."""

import re

# What may stand before a sign without anybody seeing it: nothing, blanks, controls, what does not
# break, what has no width.
BEFORE = (
    "", " ", "   ", "\x01", "\x1f", "\x7f", "\x85", "\u00a0", "\u1680", "\u2003", "\u2009",
    "\u202f", "\u3000", "\u200b", "\u200e", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\u2800",
    "\u3164", " \u00a0\x01",
)  # fmt: skip
# What begins a formula: the signs, as a keyboard for full-width characters writes them as well.
SIGNS = (
    "=", "+", "-", "@", "\t", "\r", "\n",
    "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe62", "\ufe63",
)  # fmt: skip


def opens_as_formula(cell: str) -> bool:
    """Whether a spreadsheet takes this cell of a CSV for a formula; numbers are none."""
    rest = cell.lstrip("".join(BEFORE))
    return cell[:1] in ("\t", "\r", "\n") or (
        rest[:1] in SIGNS and not re.fullmatch(r"-\d+(\.\d+)?", cell)
    )

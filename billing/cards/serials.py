"""Serials of phone cards: a beginning, and a number of fixed width that counts up.

Pure functions.
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.text import identifier

LONGEST = 32
_MOST_DIGITS = 18
_SERIAL = re.compile(r"[A-Z0-9][A-Z0-9._-]*", re.ASCII)
# All the digits at the end, so that every serial is read in one way only.
_NUMBER = re.compile(r"[0-9]+\Z", re.ASCII)


@dataclass(frozen=True)
class Serials:
    """The serials of a batch: `prefix`, then `first` and the numbers after it, `digits` wide."""

    prefix: str
    first: int
    digits: int
    count: int

    def at(self, place: int) -> str:
        """The serial of a card by its place in the batch, from 0."""
        return f"{self.prefix}{self.first + place:0{self.digits}d}"

    @property
    def last(self) -> int:
        return self.first + self.count - 1


def cleaned(text: str) -> str:
    """A serial as it is stored: capitals, no spaces. Not checked."""
    return "".join(identifier(text[:80]).replace("\x00", "").split()).upper()


def serials(first: str, count: int) -> Serials:
    """The `count` serials that begin with `first`. Raises Refused for what is no serial, or where
    its digits do not suffice.
    """
    text = cleaned(first)
    number = _NUMBER.search(text)
    is_serial = _SERIAL.fullmatch(text) and len(text) <= LONGEST
    if not is_serial or number is None or len(number[0]) > _MOST_DIGITS:
        raise Refused(
            _(
                "Write the first serial with letters, digits, dots and dashes, and a number at its "
                "end: SYL110001."
            ),
            code="no_serial",
            field="first_serial",
        )
    found = Serials(text[: number.start()], int(number[0]), len(number[0]), count)
    if found.last >= 10**found.digits:
        raise Refused(
            _("The number of %(serial)s has too few digits to count up %(count)s cards from it.")
            % {"serial": text, "count": count},
            code="serial_too_short",
            field="first_serial",
        )
    return found

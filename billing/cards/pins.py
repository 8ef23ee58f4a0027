"""PINs of phone cards: drawn from a cryptographic source, and long enough that nobody guesses one.

Pure functions, no database. A PIN in clear is never stored, logged or put into an address.
"""

import re
import secrets

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.typed import plain

PURPOSE = "card pin"
SHORTEST, LONGEST = 6, 20
USUAL = 12
# So many PINs at least must stand behind each card: one guess in a million hits.
PER_CARD = 1_000_000
_NOT_TYPED = re.compile(r"[\s.\-\u00a0\u202f]")
_DOTS = "\N{BULLET}" * 4


def drawn(length: int) -> str:
    """A new PIN of so many digits; zeros may stand in front."""
    return f"{secrets.randbelow(10**length):0{length}d}"


def typed(text: str) -> str:
    """The PIN somebody typed, without the gaps people write; "" for what is none."""
    bare = _NOT_TYPED.sub("", plain(text[:60]))
    is_pin = bare.isascii() and bare.isdigit() and SHORTEST <= len(bare) <= LONGEST
    return bare if is_pin else ""


def grouped(pin: str) -> str:
    """As it is printed and read out: in fours."""
    return " ".join(pin[at : at + 4] for at in range(0, len(pin), 4))


def masked(pin: str) -> str:
    """As lists show it: its last four digits."""
    return f"{_DOTS} {pin[-4:]}"


def hidden() -> str:
    """As those see it who may not even know its end."""
    return _DOTS


def one_in(length: int, count: int) -> int:
    """One of so many guesses hits one of `count` PINs."""
    return 10**length // max(count, 1)


def shortest_for(count: int) -> int:
    """The least number of digits for so many cards."""
    return next(n for n in range(SHORTEST, LONGEST + 1) if one_in(n, count) >= PER_CARD)


def check_length(length: int, count: int) -> None:
    """Raise Refused, with the length that would do, for PINs that can be guessed."""
    if not SHORTEST <= length <= LONGEST:
        raise Refused(
            _("Choose a PIN of %(shortest)s to %(longest)s digits.")
            % {"shortest": SHORTEST, "longest": LONGEST},
            code="pin_length",
            field="pin_length",
        )
    chance = one_in(length, count)
    if chance < PER_CARD:
        raise Refused(
            _(
                "PINs of %(length)s digits can be guessed: one guess in %(chance)s would hit one "
                "of %(count)s cards, and it may be one in %(least)s at most. Use %(needed)s digits "
                "or more."
            )
            % {
                "length": length,
                "chance": _figure(chance),
                "count": _figure(count),
                "least": _figure(PER_CARD),
                "needed": shortest_for(count),
            },
            code="pin_guessable",
            field="pin_length",
        )


def _figure(number: int) -> str:
    return str(number_format(number, force_grouping=True))

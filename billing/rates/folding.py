"""The rates of a group folded by the countries of their prefixes. No database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache

from django.utils.translation import gettext as _

from accounts.numbers.places import calling_code, country_of_code

# No calling code has more digits: so many of a prefix say under which head it stands.
LEAD = 3
# Prefixes nest deeper than a list shows.
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Fold:
    """The rates of a group whose prefixes begin with `code`: how many, their lowest and highest
    price per minute, how many are locked and how many are still to come.
    """

    code: str
    rates: int
    lowest: Decimal
    highest: Decimal
    locked: int
    coming: int

    def __add__(self, other: "Fold") -> "Fold":
        return Fold(
            self.code,
            self.rates + other.rates,
            min(self.lowest, other.lowest),
            max(self.highest, other.highest),
            self.locked + other.locked,
            self.coming + other.coming,
        )


@dataclass(frozen=True, slots=True)
class Folds:
    """A group as of a moment; it stays so until a rate begins or ends by itself (None: never)."""

    all: tuple[Fold, ...]
    until: datetime | None

    @property
    def rates(self) -> int:
        return sum(one.rates for one in self.all)

    def named(self, code: str) -> Fold | None:
        return next((one for one in self.all if one.code == code), None)


@cache
def code_of(lead: str) -> str:
    """Under which head a prefix stands that begins with these digits, LEAD of them or all it has:
    its calling code; where no country has one, the fewest digits with which none begins; and the
    prefix itself where several do.
    """
    for count in range(1, len(lead) + 1):
        some = lead[:count]
        if calling_code(some) == some and some[0] != "0":
            return some
        if not _begins_several(some):
            return some
    return lead


def is_alone(code: str) -> bool:
    """Whether several countries begin with these digits: the head stands for one prefix."""
    return _begins_several(code)


def place_words(code: str) -> str:
    """What the numbers under a head are."""
    if is_alone(code):
        return _("Several countries")
    if code[0] == "0" or not calling_code(code):
        return _("Of no country")
    return country_of_code(code) or _("International services")


def folded(parts: Iterable[Fold]) -> tuple[Fold, ...]:
    """The heads of the parts of a group, in the order of their prefixes; the `code` of a part is
    its lead.
    """
    found: dict[str, Fold] = {}
    for one in parts:
        code = code_of(one.code)
        part = Fold(code, one.rates, one.lowest, one.highest, one.locked, one.coming)
        found[code] = found[code] + part if code in found else part
    return tuple(found[code] for code in sorted(found))


def nested(prefixes: Iterable[str], code: str) -> Iterator[tuple[int, str]]:
    """For each of the prefixes below a head, in their order: how deep it stands, from 1 on, and
    what it has in common with the one it stands below.
    """
    above: list[str] = [code]
    for prefix in prefixes:
        while len(above) > 1 and (above[-1] == prefix or not prefix.startswith(above[-1])):
            above.pop()
        yield min(len(above), _DEEPEST), above[-1] if prefix != code else ""
        if prefix != above[-1]:
            above.append(prefix)


@cache
def _begins_several(digits: str) -> bool:
    """Whether digits are the beginning of calling codes, and none themselves."""
    if digits[0] == "0" or calling_code(digits):
        return False
    longer = (f"{digits}{at:0{LEAD - len(digits)}d}" for at in range(10 ** (LEAD - len(digits))))
    return len(digits) < LEAD and any(map(calling_code, longer))

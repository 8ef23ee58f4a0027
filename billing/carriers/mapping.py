"""Which carriers an account may use, and whether at a loss, by the rules along its way
(docs/domain.md 8). Plain functions; no database.

A level that is bound speaks about every carrier, one that is kept from some about these alone. The
nearest level that speaks about a carrier decides; where none does, it may be used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BOUND, KEPT = "bound", "kept"


@dataclass(frozen=True, slots=True)
class Ruled:
    """What is ruled for one account: by the keys of clearing accounts and of gateways."""

    account: int
    uses: str = ""
    guard: str = ""
    carriers: frozenset[int] = frozenset()
    gateways: frozenset[int] = frozenset()

    def names(self, carrier: int, gateway: int | None) -> bool:
        return carrier in self.carriers or gateway in self.gateways

    def says(self, carrier: int, gateway: int | None) -> bool | None:
        """Whether a gateway of a carrier may be used; None: nothing is said of it here. Without a
        gateway the carrier as a whole is meant.
        """
        if self.uses == BOUND:
            return self.names(carrier, gateway)
        return False if self.uses == KEPT and self.names(carrier, gateway) else None


@dataclass(frozen=True, slots=True)
class Rules:
    """What is ruled along a way, the nearest level first."""

    levels: Sequence[Ruled] = ()

    def refusing(self, carrier: int, gateway: int | None) -> Ruled | None:
        """The level that keeps from it; None: it may be used."""
        one = self.deciding(carrier, gateway)
        return one if one is not None and not one.says(carrier, gateway) else None

    def deciding(self, carrier: int, gateway: int | None) -> Ruled | None:
        """The nearest level that speaks about it."""
        said = (one for one in self.levels if one.says(carrier, gateway) is not None)
        return next(said, None)

    @property
    def guarding(self) -> Ruled | None:
        """The nearest level that says whether routes may cost more than the root pays."""
        return next((one for one in self.levels if one.guard), None)

    @property
    def is_guarded(self) -> bool:
        one = self.guarding
        return one is not None and one.guard == "on"


def rules_of(
    way: Iterable[int], rows: Iterable[tuple[int, str, str, int | None, int | None]]
) -> Rules:
    """Out of rows (account, uses, guard, carrier, gateway), for a way that begins nearest."""
    said: dict[int, tuple[str, str]] = {}
    carriers: dict[int, set[int]] = {}
    gateways: dict[int, set[int]] = {}
    for account, uses, guard, carrier, gateway in rows:
        said[account] = uses, guard
        if carrier is not None:
            carriers.setdefault(account, set()).add(carrier)
        if gateway is not None:
            gateways.setdefault(account, set()).add(gateway)
    return Rules([
        Ruled(
            one, *said[one], frozenset(carriers.get(one, ())), frozenset(gateways.get(one, ()))
        )
        for one in way
        if one in said
    ])  # fmt: skip

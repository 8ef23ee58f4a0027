"""What a check of stored data found."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Findings:
    """`lines` are for whoever runs the portal, in plain words; `is_sound` says whether any of them
    tells of damage.
    """

    lines: tuple[str, ...] = ()
    is_sound: bool = True

    @classmethod
    def of(cls, problems: Iterable[str], *, besides: Iterable[str] = ()) -> "Findings":
        """What is wrong, a line each, after what is told in any case."""
        wrong = tuple(problems)
        return cls((*besides, *wrong), not wrong)

"""How deep a run goes: as usual, or as at night (`--depth night`), when everything is walked.

The choice and the offset of samples reach the processes of a run by their environment; another
offset, given as TEST_OFFSET, repeats what another day sampled.
"""

import os
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")

DEPTHS = ("usual", "night")


def choose(depth: str) -> None:
    """Called before anything is collected."""
    os.environ["TEST_DEPTH"] = depth
    os.environ.setdefault("TEST_OFFSET", str(datetime.now(UTC).toordinal()))


def is_night() -> bool:
    return os.environ.get("TEST_DEPTH") == "night"


def offset() -> int:
    """Where samples of this run begin."""
    return int(os.environ.get("TEST_OFFSET", "0"))


def in_turn(name: str, every: int, turn: int = 0) -> bool:
    """Whether something of this name is one of so many, each day others; at night everything is.
    Those of one `turn` are none of those of another.
    """
    return is_night() or (zlib.crc32(name.encode()) + offset()) % every == turn


def sampled(all_of_them: Sequence[T], every: int) -> list[T]:
    """One of so many, each day another; all of them at night."""
    if is_night():
        return list(all_of_them)
    return list(all_of_them[offset() % every :: every])

"""Lists of any length, so much of them at a time. Pure functions."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(some: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size`, the last one shorter."""
    rest = iter(some)
    while batch := list(islice(rest, size)):
        yield batch

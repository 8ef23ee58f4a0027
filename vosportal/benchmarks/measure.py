"""Medians side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

# What is run before the clock starts: templates are compiled, connections open, pages in memory.
_WARM_UP = 3


@dataclass(frozen=True)
class Line:
    """One measurement, in `unit`, and what it is compared to."""

    what: str
    value: float
    beside: str
    other: float
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        return self.value / self.other if self.other else float("inf")


def medians(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """The median of each work in milliseconds. They take turns, so that whatever else the machine
    does meets all of them.
    """
    times: list[list[float]] = [[] for _one in works]
    for turn in range(rounds + _WARM_UP):
        for work, found in zip(works, times, strict=True):
            started = perf_counter()
            work()
            taken = (perf_counter() - started) * 1000
            if turn >= _WARM_UP:
                found.append(taken)
    return [median(found) for found in times]


def table(lines: Sequence[Line]) -> list[str]:
    """The lines as rows of text, in columns."""
    return columns(
        ("what", "median", "compared to", "median", "ratio"),
        [
            (
                one.what,
                f"{one.value:,.1f} {one.unit}",
                one.beside,
                f"{one.other:,.1f} {one.unit}",
                f"{one.ratio:.2f}",
            )
            for one in lines
        ],
    )


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of text below their head."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    return [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (head, rule, *rows)
    ]

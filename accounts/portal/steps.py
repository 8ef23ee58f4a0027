"""Things to do, and to look at, that packages put on overviews and dashboards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """Something to do once; whether it is done is computed, never ticked."""

    label: Any
    hint: Any
    is_done: bool
    url: str = ""
    action: Any = ""


@dataclass(frozen=True)
class StandingCheck:
    """Something administrators should look at: the accounts that the list shows with these filters.
    `words` is a sentence about their number, `count`; `well` is said when there are none. `kind` is
    how bad it is, "danger" or "warn".
    """

    kind: str
    filters: Mapping[str, Any]
    words: Any
    well: Any
    order: int = 0

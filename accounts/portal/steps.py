"""Things to do, and to look at, that packages put on overviews and dashboards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accounts.kit.findings import Findings

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Step:
    """Something to do once; whether it is done is computed, never ticked. `is_next`: it is offered
    as soon as an account has become an agent.
    """

    label: Any
    hint: Any
    is_done: bool
    url: str = ""
    action: Any = ""
    is_next: bool = False


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


@dataclass(frozen=True)
class StandingNote:
    """Something administrators should know of the platform itself. `kind` is how bad it is,
    "danger" or "warn", "" = all is well; `url` is where more of it is said ("" = nowhere).
    """

    kind: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class CountedNote:
    """One that follows from how many rows there are. The rows of all of them are counted in one
    query, whose text is made once (`accounts.kit.prepared`): it may follow from how many `values`
    there are, never from them. `note` is given their number; None where there is nothing to say.
    """

    name: str
    rows: Callable[..., "QuerySet[Any]"]
    note: Callable[[int], StandingNote | None]
    values: Callable[[], Sequence[datetime]] = tuple
    order: int = 0


@dataclass(frozen=True)
class DataCheck:
    """A check of what is stored, which `manage.py check_all` runs every day. `run` reads, repairs
    nothing, and may take as long as it needs; `name` is what it is called in a shell.
    """

    name: str
    label: Any
    run: Callable[[], Findings]
    order: int = 0

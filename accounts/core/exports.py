"""Every export is recorded: who took what, how much of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from django.db import transaction

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.record import record


@dataclass(frozen=True)
class Export:
    """A list as somebody may take it, before it is made into a file.

    `what`, `account` and `filters` are as `export_recorded` takes them; `name` is how the file's
    name begins. `count` is how many rows there are, as far as that matters. `keys` are what its
    rows are made of, whole numbers in their order as of one moment; `lines` makes the rows of some
    of them, and leaves out what the actor does not reach any more. `zone`: of its times, where it
    is not that of the person.
    """

    what: str
    account: Account | None
    filters: Mapping[str, Any]
    name: str
    header: Sequence[str]
    count: int
    keys: Callable[[], Sequence[int]]
    lines: Callable[[Sequence[int]], Iterable[Sequence[Any]]]
    zone: tzinfo | None = None

    @classmethod
    def of_one_piece(cls, lines: Callable[[], Iterable[Sequence[Any]]], **about: Any) -> "Export":
        """One whose rows are only made all together, and fit into one file."""
        return cls(keys=lambda: (0,), lines=lambda _keys: lines(), **about)


@transaction.atomic
def export_recorded(
    *, actor: Actor, what: str, account: Account | None, filters: Mapping[str, Any], rows: int
) -> None:
    """Note in the audit log that `actor` exported `rows` rows of `what`, below `account` if any.
    Call it when the file is made, with the rows that are in it.
    """
    record(
        actor=actor,
        action=f"{what}.export",
        account=account,
        after={"rows": rows, "filters": dict(filters)},
    )

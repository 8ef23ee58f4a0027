"""What packages add to the global search, the command bar: kinds of things it finds, deeds it
understands, pages it knows by name.

All kinds are read by one statement (`read`), each no further than it is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet, Value
from django.db.models.functions import JSONObject

if TYPE_CHECKING:
    from accounts.core.actor import Actor
    from accounts.core.models import Account

# What was read of a thing that was found, by the names of its section's columns.
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What somebody looks for. `text` is the whole of it, "" where that is too long; `fragment` is
    the same where it is long enough for parts of names to be looked for, else "".
    """

    text: str
    fragment: str


@dataclass(frozen=True)
class Hit:
    """Something that was found: its name, where it lies, words beside it; the account it belongs to
    and the agents above that, as far as the viewer may see them.
    """

    name: str
    url: str
    note: str = ""
    account_id: str = ""
    account_name: str = ""
    way: Sequence[str] = ()
    icon: str = ""

    @property
    def path(self) -> str:
        """The way to it and its account, in one line."""
        return " › ".join(one for one in (*self.way, self.account_id) if one and one != self.name)


def _everybody(actor: "Actor") -> bool:
    return True


def _never(row: Row, asked: Asked) -> bool:
    return False


@dataclass(frozen=True)
class SearchSection:
    """A further kind of things. `rows` are those in the actor's scope that are called like this,
    the best first; None where nothing of this kind can be called so. It asks one question at most.
    `columns` are read of each of them: fields and expressions by name, `account` and `beside`
    being keys of accounts, of which the first that the viewer reaches is shown. `hit` makes of them
    what people see; `place(row, asked)` sorts it among its like. `is_exact` says that nothing else
    can be meant: it leads straight there.

    At most `most` are shown; `all_url` is where all of them are listed.
    """

    name: str
    label: Any
    icon: str
    rows: Callable[["Actor", Asked], "QuerySet[Any] | None"]
    columns: Mapping[str, Any]
    hit: Callable[[Row], Hit]
    is_exact: Callable[[Row, Asked], bool] = _never
    place: Callable[..., Any] | None = None
    is_for: Callable[["Actor"], bool] = _everybody
    most: int = 20
    all_url: Callable[[str], str] | None = None
    order: int = 0


@dataclass(frozen=True)
class Offer:
    """A deed as the search offers it: a link to the page that does it, after it was confirmed."""

    label: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class SearchDeed:
    """A deed that may be typed: one of its `words`, an account, perhaps a figure. `offer` is given
    what was understood (no account: none was named) and asks nothing of the database; None where it
    cannot be done. `takes`: "amount", "number" or "". `is_usual`: offered beside an account that
    was found, whatever was typed. `of_account`: without an account behind them its words mean
    something else, such as a page of that name.
    """

    name: str
    icon: str
    words: Sequence[Any]
    offer: Callable[["Actor", "Account | None", str], Offer | None]
    takes: str = ""
    is_usual: bool = True
    of_account: bool = False
    order: int = 0


@dataclass(frozen=True)
class SearchPage:
    """A page beside those of the modules that people look for by name. `url` is "" for who may not
    open it; `words` are further names, those of other products as well.
    """

    label: Any
    icon: str
    url: Callable[["Actor"], str]
    words: Sequence[Any] = ()
    order: int = 0


def read(
    actor: "Actor", asked: Asked, sections: Sequence[SearchSection], most: int = 0
) -> dict[str, list[Row]]:
    """What the sections find, by their names, each one more than is shown (`most`: of each) where
    there are more. One statement, none where nothing can be called so.
    """
    parts: list[QuerySet[Any, Any]] = []
    for one in sections:
        rows = one.rows(actor, asked) if one.is_for(actor) else None
        if rows is not None:
            shown = min(one.most, most) if most else one.most
            parts.append(_part(one, rows, shown + 1))
    if not parts:
        return {}
    first, *rest = parts
    found: dict[str, list[Row]] = {}
    for name, row in first.union(*rest, all=True) if rest else first:
        found.setdefault(name, []).append(row)
    for one in sections:
        if one.place is not None and one.name in found:
            found[one.name].sort(key=partial(one.place, asked=asked))
    return found


def _part(section: SearchSection, rows: "QuerySet[Any]", most: int) -> "QuerySet[Any, Any]":
    """Not cut itself: SQLite cuts no part of a union."""
    model = rows.model
    within: QuerySet[Any, Any] = QuerySet(model).filter(pk__in=rows.values("pk")[:most])
    return within.order_by().values_list(Value(section.name), JSONObject(**section.columns))


def moment_of(text: str) -> datetime:
    """A moment as databases write it into what `read` reads."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""What is told of things that are unique across the platform and taken elsewhere (docs/domain.md
2).

Whoever asks for such a thing is told "not available", and nothing of who has it. Services raise
NotAvailable with what was typed, inside their transaction. The outermost service (`answers`) counts
once that transaction is undone, and only then says which of it may be named.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.access import Actor, Kind
from accounts.errors import Refused
from accounts.locks import said_busy
from accounts.models import AvailabilityDay, AvailabilityRelease, NamedEntry
from accounts.querysets import ChainLink, chains

ACTION = "refused.not_available"
# How many entries of others an account, and everything below it, is named in a day of UTC.
MOST_NAMED = 20
# How much of what was asked for an entry of the audit log holds.
_LISTED = 50
_LONGEST = 80

P = ParamSpec("P")
T = TypeVar("T")


class Thing(StrEnum):
    """What is unique across the platform."""

    ACCOUNT = "account_id"
    LOGIN = "username"
    EMAIL = "email"
    NUMBER = "number"
    GATEWAY = "gateway"
    REGISTRATION = "user_name"
    ADDRESS = "addresses"
    SERIALS = "first_serial"


class Holder(StrEnum):
    """Who has it: what is counted and what is not."""

    # Somebody outside the asker's scope: on record, and counted.
    FOREIGN = "foreign"
    # The same, for a number that every level above gave to be assigned: on record.
    GIVEN = "given"
    # Nobody: a word that addresses use, in the words of what is taken.
    RESERVED = "reserved"
    # Somebody the asker reaches: no secret.
    KNOWN = "known"


@dataclass(frozen=True)
class Taken:
    """One entry that is not to be had, as it was typed. `beside` is what else decides whether it
    is: the same entry beside another value is another question.
    """

    typed: str
    thing: Thing
    holder: Holder = Holder.FOREIGN
    beside: str = ""

    @cached_property
    def digest(self) -> str:
        asked = f"{self.thing} {self.typed.lower()} {self.beside}"
        return hashlib.sha256(asked.encode()).hexdigest()

    @property
    def words(self) -> str:
        return _("%(typed)s is not available.") % {"typed": self.typed[:_LONGEST]}


@dataclass(frozen=True)
class Answer:
    """Which of the taken entries are named, and how many more there are."""

    named: Sequence[Taken] = ()
    more: int = 0

    @cached_property
    def digests(self) -> frozenset[str]:
        return frozenset(one.digest for one in self.named)

    def names(self, one: Taken) -> bool:
        return one.digest in self.digests

    @property
    def words(self) -> str:
        return " ".join([*(one.words for one in self.named), *filter(None, [self.more_words])])

    @property
    def more_words(self) -> str:
        """ "" where everything is named."""
        if not self.more:
            return ""
        said = ngettext(
            "%(count)s more is not available.", "%(count)s more are not available.", self.more
        ) % {"count": f"{self.more:,}"}
        return f"{said} {why_unnamed()}"


def why_unnamed() -> str:
    """Why entries are told as a number only, and the way out."""
    return _(
        "Too many that are not available were asked for today to name further ones; an "
        "administrator can release your account for a day."
    )


class NotAvailable(Refused):
    """Entries that are taken or reserved, whoever has them. Before it is answered it names none."""

    def __init__(self, taken: Iterable[Taken], *, field: str) -> None:
        self.taken = tuple(taken)
        said = Answer(more=len(self.taken)).more_words
        super().__init__(said, code="not_available", field=field)

    def answered(self, told: Answer) -> None:
        self.message = told.words
        self.args = (told.words,)


# Whether a service further out answers.
_IS_ANSWERED: ContextVar[bool] = ContextVar("is_answered", default=False)


@contextmanager
def answering(actor: Actor) -> Iterator[None]:
    """Around a whole transaction of `actor`: a NotAvailable that leaves it is counted, recorded and
    says what may be named. Inside another one it does nothing. Raises Busy where it cannot count.
    """
    if _IS_ANSWERED.get():
        yield
        return
    token = _IS_ANSWERED.set(True)
    try:
        yield
    except NotAvailable as refusal:
        refusal.answered(answer(actor, refusal.taken))
        raise
    finally:
        _IS_ANSWERED.reset(token)


def answers(service: Callable[P, T]) -> Callable[P, T]:
    """A service that takes `actor` and may raise NotAvailable."""

    @wraps(service)
    def answered(*args: P.args, **kwargs: P.kwargs) -> T:
        actor: Any = kwargs["actor"]
        with answering(actor):
            return service(*args, **kwargs)

    return answered


def answer(actor: Actor, taken: Sequence[Taken], asked: Sequence[str] = ()) -> Answer:
    """Count and record that `actor` asked for `asked` (by default just what is taken), and tell
    which of `taken` may be named: all of it to whom nothing is counted. Call it outside the
    transaction that may be undone. Raises Busy.

    An entry that was named to the account before, on the same day, is named again and counted once.
    """
    if not _is_counted(actor) or all(one.holder is Holder.KNOWN for one in taken):
        return Answer(tuple(taken))
    # Durable: a count that a surrounding transaction could undo would be none.
    with said_busy(), transaction.atomic(durable=True):
        return _counted(actor, taken, asked)


def _is_counted(actor: Actor) -> bool:
    """Administrators, also when they look as somebody else, operators and commands are told all."""
    return actor.kind is Kind.ACCOUNT and actor.viewer is None and actor.account_pk is not None


def _counted(actor: Actor, taken: Sequence[Taken], asked: Sequence[str]) -> Answer:
    own: Any = actor.own
    day = today()
    levels, bound = _levels(own)
    is_recorded = any(one.holder in (Holder.FOREIGN, Holder.GIVEN) for one in taken)
    rows = _rows(levels, day) if is_recorded else _known_rows(levels, day)
    left = min((MOST_NAMED - rows[pk].named for pk in bound if pk in rows), default=len(taken))
    before = _named_before(rows.get(own.pk), taken)
    named: list[Taken] = []
    new: dict[str, Taken] = {}
    for one in dict.fromkeys(taken):
        is_free = one.holder in (Holder.KNOWN, Holder.GIVEN) or one.digest in {*before, *new}
        if one.holder is Holder.FOREIGN and not is_free and left > 0:
            new[one.digest] = one
            left -= 1
            is_free = True
        if is_free or (one.holder is Holder.RESERVED and left > 0):
            named.append(one)
    told = Answer(tuple(named), len(dict.fromkeys(taken)) - len(named))
    if is_recorded:
        _write(rows[own.pk], [one.pk for one in rows.values()], new, told.more)
        _record(actor, own, taken, asked, told)
    return told


def today() -> date:
    """The day everything is counted by, of UTC: levels in several zones share one count."""
    return timezone.now().astimezone(UTC).date()


def _levels(own: ChainLink) -> tuple[list[int], list[int]]:
    """(the levels at which the asking account counts, those of them whose count binds it), by key.

    They run from the account up to the first that is released: a release lifts the bound of that
    level and of those above it, which are not burdened either.
    """
    way = [one.pk for one in chains([own.pk]).get(own.pk, ())][::-1]
    released = released_until(way)
    first = next((at for at, pk in enumerate(way) if pk in released), None)
    return (way, way) if first is None else (way[: first + 1], way[:first])


def released_until(account_pks: Iterable[int]) -> dict[int, Any]:
    """Until when those accounts are released that are, by key. One query."""
    rows = AvailabilityRelease.objects.filter(pk__in=list(account_pks), until__gt=timezone.now())
    return dict(rows.values_list("pk", "until"))


def _rows(levels: Sequence[int], day: date) -> dict[int, AvailabilityDay]:
    """The rows of these levels, made where there are none, locked in one order everywhere."""
    AvailabilityDay.objects.bulk_create(
        [AvailabilityDay(account_id=pk, day=day) for pk in sorted(levels)], ignore_conflicts=True
    )
    found = AvailabilityDay.objects.select_for_update().filter(account__in=levels, day=day)
    return {one.account_id: one for one in found.order_by("account")}


def _known_rows(levels: Sequence[int], day: date) -> dict[int, AvailabilityDay]:
    found = AvailabilityDay.objects.filter(account__in=levels, day=day)
    return {one.account_id: one for one in found}


def _named_before(row: AvailabilityDay | None, taken: Sequence[Taken]) -> frozenset[str]:
    if row is None:
        return frozenset()
    digests = [one.digest for one in taken]
    found = NamedEntry.objects.filter(day=row, digest__in=digests)
    return frozenset(found.values_list("digest", flat=True))


def _write(own: AvailabilityDay, pks: Sequence[int], new: dict[str, Taken], unnamed: int) -> None:
    NamedEntry.objects.bulk_create([NamedEntry(day=own, digest=one) for one in new], batch_size=500)
    AvailabilityDay.objects.filter(pk__in=pks).update(
        named=F("named") + len(new), unnamed=F("unnamed") + unnamed
    )


def _record(
    actor: Actor, own: ChainLink, taken: Sequence[Taken], asked: Sequence[str], told: Answer
) -> None:
    """What was asked and what was named; nothing of the rest, for the account reads its log."""
    typed = list(asked) or [one.typed for one in taken]
    audit.record(
        actor=actor,
        action=ACTION,
        account=own,
        subject=typed[0][:_LONGEST] if len(typed) == 1 else "",
        after={
            "thing": taken[0].thing.value,
            "asked": [one[:_LONGEST] for one in typed[:_LISTED]],
            "asked_count": len(typed),
            "named": [one.typed[:_LONGEST] for one in told.named],
            "unnamed": told.more,
        },
        is_refused=True,
    )
